use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use super::*;
use crate::testing::InProcess;

/// Runs `body` with a target; its reply, and the lines it logged.
fn with<T>(check: bool, body: impl FnOnce(&mut Target<'_>) -> T) -> (T, Reply, Vec<(Stream, String)>) {
    let call = Call { check, diff: true, live: true, ..Call::default() };
    let mut io = InProcess::new(&HashMap::new());
    let mut target = Target::new(Path::new("/"), &call, &mut io);
    let value = body(&mut target);
    let reply = target.into_reply(1, None);
    (value, reply, io.lines)
}

fn sh(script: &str) -> Command {
    Command::new("sh").arg("-c").arg(script)
}

#[test]
fn equal_sides_change_nothing_and_check_makes_nothing() {
    let (made, reply, _) =
        with(false, |target| target.change("x", "a", "a", |_| -> Result<(), Fail> { panic!() }));
    assert_eq!((made, reply.change, reply.diff), (Ok(Made::Same), Change::No, vec![]));
    let (made, reply, _) =
        with(true, |target| target.change("x", "a", "b", |_| -> Result<(), Fail> { panic!() }));
    assert_eq!((made, reply.change), (Ok(Made::Foretold), Change::Yes));
    assert_eq!((reply.diff[0].before.as_str(), reply.diff[0].after.as_str()), ("a", "b"));
    let (made, reply, _) = with(true, |target| target.perform(|_| -> Result<(), Fail> { panic!() }));
    assert_eq!((made, reply.change), (Ok(None), Change::Unknown));
}

#[test]
fn what_failed_is_not_changed_and_what_is_performed_may_say_so() {
    let (_, reply, _) = with(false, |target| target.change("x", "a", "b", |_| Err::<(), _>(Fail::new("no"))));
    assert_eq!(reply.change, Change::No);
    let (_, reply, _) = with(false, |target| {
        target.perform(|hands| {
            hands.unchanged();
            Ok(())
        })
    });
    assert_eq!(reply.change, Change::No);
}

#[test]
fn absent_and_empty_differ_and_hidden_sides_are_not_shown() {
    let (_, reply, _) = with(true, |target| {
        target.change("x", Side::Absent, "", |_| Ok(()))?;
        target.change("y", Side::Hidden("1".into()), Side::Hidden("2".into()), |_| Ok(()))?;
        target.change("z", Some(json!({"a": 1})), None::<Value>, |_| Ok(()))
    });
    let shown: Vec<_> = reply.diff.iter().map(|diff| (diff.before.as_str(), diff.after.as_str())).collect();
    assert_eq!(shown, [("", ""), ("(not shown)\n", "(not shown)\n"), ("{\n  \"a\": 1\n}\n", "")]);
}

#[test]
fn a_file_is_replaced_at_once_and_keeps_what_it_had() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("f");
    fs::write(&path, "old").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o2750)).unwrap();
    let flags = rustix::fs::XattrFlags::empty();
    let tagged = rustix::fs::setxattr(&path, "user.tag", b"kept", flags).is_ok();
    let inode = fs::metadata(&path).unwrap().ino();
    let (made, ..) =
        with(false, |target| target.change("f", "old", "new", |hands| hands.write(&path, b"new")));
    assert_eq!(made, Ok(Made::Done(())));
    let meta = fs::metadata(&path).unwrap();
    assert_eq!((fs::read(&path).unwrap(), meta.mode() & 0o7777), (b"new".to_vec(), 0o2750));
    assert_ne!(meta.ino(), inode, "it was written in place");
    if tagged {
        let mut value = [0; 16];
        let length = rustix::fs::getxattr(&path, "user.tag", &mut value[..]).unwrap();
        assert_eq!(&value[..length], b"kept");
    }
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "something was left beside it");
}

#[test]
fn a_content_that_breaks_off_leaves_the_old_file() {
    struct Broken;
    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::from_raw_os_error(28))
        }
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("f");
    fs::write(&path, "old").unwrap();
    let (made, ..) = with(false, |target| {
        target.change("f", "old", "new", |hands| hands.replace(&path, &mut Broken, &Replace::default()))
    });
    assert_eq!(
        made.unwrap_err().message,
        format!("cannot write `{}`: no space left on device", path.display())
    );
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "something was left beside it");
}

#[test]
fn long_input_and_output_go_through_together() {
    let input = vec![b'x'; 1 << 20];
    let command = sh("cat; cat /dev/zero | head -c 300000 >&2").stdin(input.clone());
    let (output, ..) = with(false, |target| target.query(&command));
    let output = output.unwrap();
    assert_eq!((output.rc, output.stdout.len(), output.stderr.len()), (0, input.len(), 300_000));
}

#[test]
fn lines_are_shown_as_they_come() {
    let command = sh("echo one; echo two >&2; printf three").live();
    let (_, _, mut lines) = with(false, |target| target.query(&command));
    lines.sort_by(|a, b| a.1.cmp(&b.1));
    let wanted = [(Stream::Stdout, "one"), (Stream::Stdout, "three"), (Stream::Stderr, "two")];
    assert_eq!(lines, wanted.map(|(stream, line)| (stream, line.to_owned())));
}

#[test]
fn a_command_that_takes_too_long_is_killed_with_its_children() {
    let directory = tempfile::tempdir().unwrap();
    let command =
        sh("sleep 30 & echo $! > pid; wait").cwd(directory.path()).timeout(Duration::from_millis(300));
    let begun = Instant::now();
    let (output, ..) = with(false, |target| target.query(&command));
    assert_eq!(output.unwrap_err().message, "`sh` was killed: it took longer than 300ms");
    assert!(begun.elapsed() < Duration::from_secs(10));
    let pid = fs::read_to_string(directory.path().join("pid")).unwrap();
    let state = || fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    let gone = || state().is_empty() || state().contains(") Z ");
    for _ in 0..100 {
        if gone() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("the child is still there: {}", state());
}

#[test]
fn a_daemon_that_goes_on_writing_does_not_hold_the_task() {
    let begun = Instant::now();
    let command = sh("(while sleep 0.02; do echo x; done) & echo $!");
    let (output, ..) = with(false, |target| target.query(&command));
    assert!(begun.elapsed() < Duration::from_secs(10));
    let text = output.unwrap().text();
    std::process::Command::new("kill").arg(text.lines().next().unwrap()).status().unwrap();
}

#[test]
fn a_signal_is_a_negative_code_and_a_failure_says_the_first_line() {
    let (output, ..) = with(false, |target| target.query(&sh("kill -9 $$")));
    assert_eq!(output.unwrap().rc, -9);
    let (made, ..) = with(false, |target| {
        target.perform(|hands| hands.run(&sh("echo; echo ' why not' >&2; echo more >&2; exit 4")))
    });
    let fail = made.unwrap_err();
    assert_eq!(fail.message, "`sh` failed with exit code 4: why not");
    assert_eq!((&fail.values["rc"], &fail.values["stderr"]), (&json!(4), &json!(" why not\nmore\n")));
}

#[test]
fn the_environment_of_the_task_holds_for_its_commands() {
    let call = Call { environment: vec![("WORD".into(), "x".into())], ..Call::default() };
    let mut io = InProcess::new(&HashMap::new());
    let mut target = Target::new(Path::new("/"), &call, &mut io);
    assert_eq!(target.env("WORD").as_deref(), Some("x"));
    assert_eq!(target.query(&sh("echo $WORD $LC_ALL")).unwrap().text(), "x C\n");
    assert_eq!(target.query(&sh("echo $WORD").env("WORD", "y")).unwrap().text(), "y\n");
}

#[test]
fn links_are_replaced_at_once_and_trees_removed() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    fs::create_dir_all(at("tree/in")).unwrap();
    std::os::unix::fs::symlink("tree", at("link")).unwrap();
    let (made, ..) = with(false, |target| {
        target.change("links", "a", "b", |hands| {
            hands.symlink("elsewhere", at("link"))?;
            hands.remove(at("tree"))?;
            hands.remove(at("tree"))
        })
    });
    made.unwrap();
    assert_eq!(fs::read_link(at("link")).unwrap(), Path::new("elsewhere"));
    assert!(!at("tree").exists());
}
