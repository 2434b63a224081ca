use super::*;

const HASH: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn all() -> Vec<String> {
    let plain = Bootstrap { sha256: HASH, size: 5, ..Bootstrap::default() };
    let renewed = Bootstrap { renew: true, ..plain.clone() };
    let direct = Bootstrap {
        direct: Some("/home/a/.cache/baton/x"),
        locale: Some(Some("de_DE.UTF-8")),
        ..plain.clone()
    };
    [plain, renewed, direct].iter().map(Bootstrap::script).collect()
}

#[test]
fn no_login_shell_finds_anything_to_interpret() {
    for script in all() {
        assert!(!script.contains(['\'', '\\', '!', '\n']), "{script}");
    }
}

#[test]
fn a_path_or_locale_that_would_need_quotes_is_left_out() {
    let odd = Bootstrap {
        sha256: HASH,
        direct: Some("/a b/$(reboot)"),
        locale: Some(Some("C; reboot")),
        ..Bootstrap::default()
    };
    assert!(!odd.script().contains("reboot"));
}

#[test]
fn lines_of_start_up_files_are_noise() {
    assert_eq!(said("Welcome!\n", HASH), Said::Noise);
    assert_eq!(said("baton-other:run\n", HASH), Said::Noise);
    assert_eq!(said(&format!("no line end here baton-{HASH}:run\n"), HASH), Said::Run);
}

#[test]
fn a_need_names_the_machine_and_the_directory() {
    let line = format!("baton-{HASH}:need Linux x86_64 gzip /home/a b/.cache/baton\n");
    let need = Said::Need {
        system: "Linux".into(),
        machine: "x86_64".into(),
        gzip: true,
        directory: "/home/a b/.cache/baton".into(),
    };
    assert_eq!(said(&line, HASH), need);
}

/// Stands for the binary: the script runs whatever has the right size.
const BINARY: &str = "#!/bin/sh\necho \"$0 $1 $(umask)\"\n";

struct Shell {
    home: tempfile::TempDir,
    /// In place of `/var/tmp` and `/tmp`.
    elsewhere: tempfile::TempDir,
    shell: &'static [&'static str],
    path: String,
}

impl Shell {
    /// The shells of this machine that the script must do with, each with an empty home.
    fn all() -> Vec<Self> {
        let usual = std::env::var("PATH").unwrap();
        let shells: [&[&str]; 4] =
            [&["/bin/sh", "-c"], &["/bin/dash", "-c"], &["/bin/bash", "-c"], &["/bin/busybox", "sh", "-c"]];
        let there = shells.into_iter().filter(|shell| std::path::Path::new(shell[0]).exists());
        let home = || tempfile::Builder::new().prefix("a b").tempdir().unwrap();
        there
            .map(|shell| Self {
                home: home(),
                elsewhere: tempfile::tempdir().unwrap(),
                shell,
                path: usual.clone(),
            })
            .collect()
    }

    fn cache(&self) -> std::path::PathBuf {
        self.home.path().join(".cache/baton")
    }

    /// All that is printed, with `content` sent whenever it is needed.
    fn converse(&self, bootstrap: &Bootstrap, content: &[u8]) -> Vec<String> {
        use std::io::{BufRead, BufReader, Write};
        let mut command = std::process::Command::new(self.shell[0]);
        let elsewhere = self.elsewhere.path().display();
        let script = bootstrap.script().replace("/var/tmp/", &format!("{elsewhere}/var-"));
        let script = script.replace("/tmp/baton-", &format!("{elsewhere}/tmp-"));
        command.args(&self.shell[1..]).arg(script).current_dir("/");
        command.env_clear().env("HOME", self.home.path()).env("PATH", &self.path);
        let piped = std::process::Stdio::piped;
        let mut child = command.stdin(piped()).stdout(piped()).spawn().unwrap();
        let (mut stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut lines = Vec::new();
        for line in BufReader::new(stdout).lines().map(Result::unwrap) {
            if let Said::Need { .. } = said(&line, HASH) {
                stdin.write_all(announce(false, content.len()).as_bytes()).unwrap();
                stdin.write_all(content).unwrap();
            }
            lines.push(line);
        }
        child.wait().unwrap();
        lines
    }
}

fn bootstrap() -> Bootstrap<'static> {
    Bootstrap { sha256: HASH, size: BINARY.len() as u64, ..Bootstrap::default() }
}

#[test]
fn every_shell_stores_the_binary_once_and_runs_it_under_the_umask_that_was() {
    for shell in Shell::all() {
        let first = shell.converse(&bootstrap(), BINARY.as_bytes());
        let worker = shell.cache().join(HASH).display().to_string();
        let ran = [format!("baton-{HASH}:run"), format!("{worker} worker 0022")];
        assert!(first[0].contains(":need Linux "), "{:?}: {first:?}", shell.shell);
        assert_eq!(first[1..], ran, "{:?}", shell.shell);
        assert_eq!(shell.converse(&bootstrap(), b""), ran, "{:?}", shell.shell);
        let renewed = shell.converse(&Bootstrap { renew: true, ..bootstrap() }, BINARY.as_bytes());
        assert_eq!(renewed, first, "{:?}", shell.shell);
        assert_eq!(std::fs::read_dir(shell.cache()).unwrap().count(), 1, "nothing else is left there");
    }
}

#[test]
fn a_binary_that_did_not_come_whole_is_not_run() {
    for shell in Shell::all() {
        let lines = shell.converse(&bootstrap(), &BINARY.as_bytes()[1..]);
        assert_eq!(said(&lines[1], HASH), Said::Full(shell.cache().display().to_string()), "{lines:?}");
        assert_eq!(std::fs::read_dir(shell.cache()).unwrap().count(), 0);
    }
}

#[test]
fn a_cached_binary_of_another_size_or_mode_or_a_link_is_not_run() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    for shell in Shell::all() {
        shell.converse(&bootstrap(), BINARY.as_bytes());
        let worker = shell.cache().join(HASH);
        let ran = |shell: &Shell| !shell.converse(&bootstrap(), BINARY.as_bytes())[0].contains(":need ");
        assert!(ran(&shell));
        std::fs::set_permissions(&worker, std::fs::Permissions::from_mode(0o777)).unwrap();
        assert!(!ran(&shell), "writable by others");
        std::fs::set_permissions(&worker, std::fs::Permissions::from_mode(0o700)).unwrap();
        std::fs::write(&worker, format!("{BINARY}#")).unwrap();
        std::fs::set_permissions(&worker, std::fs::Permissions::from_mode(0o500)).unwrap();
        assert!(!ran(&shell), "another size");
        let elsewhere = shell.home.path().join("elsewhere");
        std::fs::rename(&worker, &elsewhere).unwrap();
        symlink(&elsewhere, &worker).unwrap();
        assert!(!ran(&shell), "a link");
        std::fs::set_permissions(shell.cache(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let lines = shell.converse(&bootstrap(), BINARY.as_bytes());
        assert!(
            !lines[0].contains(&shell.cache().display().to_string()),
            "a directory open to others: {lines:?}"
        );
    }
}
