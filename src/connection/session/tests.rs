use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::Instant;

use baton_modules::serve::serve_on;
use baton_modules::wire::{BodyInfo, CallIo, INLINE, Stream};
use tokio::io::AsyncReadExt;

use super::*;
use crate::connection::NoBodies;

/// Stands for modules, one for each thing that a module may do on the wire.
fn run(call: Call, io: &mut dyn CallIo) -> Reply {
    let mut reply = Reply::default();
    match call.module.as_str() {
        "speak" => (0..1000).for_each(|n| io.log(Stream::Stdout, &n.to_string())),
        "read" => {
            for body in &call.bodies {
                let mut content = Vec::new();
                match io.open_body(&body.name).and_then(|mut from| from.read_to_end(&mut content)) {
                    Ok(read) => drop(reply.values.insert(body.name.clone(), read.into())),
                    Err(e) => reply.failure = Some(format!("{}: {e}", body.name)),
                }
            }
        }
        "peek" => drop(io.open_body("big").and_then(|mut from| from.read_exact(&mut [0; 10]))),
        "return" => {
            let size = call.args["size"].as_u64().unwrap();
            let sent = io.send_body("file", &mut io::repeat(7).take(size)).unwrap();
            reply.values.insert("sent".into(), sent.into());
        }
        "wait" => {
            while !io.cancelled() {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        "sleep" => drop(std::process::Command::new("sleep").arg("600").status()),
        "shout" => reply.values = [("text".into(), "x".repeat(65 << 20).into())].into_iter().collect(),
        "panic" => panic!("all is lost"),
        _ => {}
    }
    reply
}

#[derive(Default)]
struct Files {
    offered: HashMap<String, u64>,
    got: Arc<Mutex<Vec<u8>>>,
    full: bool,
}

struct Disk(Arc<Mutex<Vec<u8>>>, bool);

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.1 {
            true => Err(io::ErrorKind::StorageFull.into()),
            false => Write::write(&mut *self.0.lock(), bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Bodies for Files {
    fn offered(&self) -> Vec<BodyInfo> {
        let info = |(name, size): (&String, &u64)| BodyInfo {
            name: name.clone(),
            size: *size,
            ..BodyInfo::default()
        };
        self.offered.iter().map(info).collect()
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send>> {
        match name {
            "missing" => Err(io::ErrorKind::NotFound.into()),
            "short" => Ok(Box::new(io::repeat(1).take(self.offered[name] - 1))),
            _ => Ok(Box::new(io::repeat(1).take(self.offered[name]))),
        }
    }

    fn create(&self, _: &str) -> io::Result<Box<dyn Write + Send>> {
        Ok(Box::new(Disk(self.got.clone(), self.full)))
    }
}

fn offering(files: &[(&str, u64)]) -> Files {
    Files {
        offered: files.iter().map(|(name, size)| ((*name).to_owned(), *size)).collect(),
        ..Files::default()
    }
}

async fn session() -> Arc<Session> {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let both = (File::from(OwnedFd::from(theirs.try_clone().unwrap())), File::from(OwnedFd::from(theirs)));
    std::thread::spawn(move || serve_on(run, both.0, both.1));
    ours.set_nonblocking(true).unwrap();
    let (stdout, stdin) = tokio::net::UnixStream::from_std(ours).unwrap().into_split();
    let mut stdout: Reading = Box::new(stdout);
    let frame = read_frame(&mut stdout).await.unwrap().unwrap();
    assert!(matches!(frame.message().unwrap(), FromWorker::Hello(_)), "no hello");
    Session::new(Box::new(stdin), stdout, Box::pin(async { Some(0) }), Tail::default())
}

/// Nobody wants to stop.
fn never() -> watch::Receiver<bool> {
    watch::Sender::new(false).subscribe()
}

fn call(module: &str, files: &Files) -> Call {
    Call { module: module.into(), live: true, bodies: files.offered(), ..Call::default() }
}

async fn reply(module: &str, files: Files) -> Reply {
    let session = session().await;
    session.call(FIRST, call(module, &files), Arc::new(files), |_| (), never()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_of_output_come_before_the_reply_and_in_order() {
    let (session, mut lines) = (session().await, Vec::new());
    let call = call("speak", &Files::default());
    session.call(FIRST, call, Arc::new(NoBodies), |log| lines.push(log.line), never()).await.unwrap();
    assert_eq!(lines, (0..1000).map(|n| n.to_string()).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_small_and_large_arrive_whole() {
    let sizes = [("a", 0), ("b", 1), ("c", INLINE), ("d", INLINE + 1), ("e", 5_000_000)];
    let reply = reply("read", offering(&sizes)).await;
    assert_eq!(reply.failure, None);
    for (name, size) in sizes {
        assert_eq!(reply.values[name], size, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_read_fails_the_module_with_the_reason() {
    let failure = reply("read", offering(&[("missing", 1 << 20)])).await.failure.unwrap();
    assert!(failure.contains("cannot read it on the controller"), "{failure}");
    let failure = reply("read", offering(&[("short", 1 << 20)])).await.failure.unwrap();
    assert!(failure.contains("changed its size"), "{failure}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_file_that_changes_under_way_never_leaves() {
    let (session, files) = (session().await, offering(&[("short", 10)]));
    let sent = session.call(FIRST, call("read", &files), Arc::new(files), |_| (), never()).await;
    assert!(matches!(sent, Err(NoReply::Unsendable(_))), "{sent:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_not_read_to_its_end_holds_nothing_up() {
    let session = session().await;
    for _ in 0..20 {
        let files = offering(&[("big", 50 << 20)]);
        session.call(FIRST, call("peek", &files), Arc::new(files), |_| (), never()).await.unwrap();
    }
    let files = offering(&[("e", 1 << 20)]);
    let reply = session.call(FIRST, call("read", &files), Arc::new(files), |_| (), never()).await.unwrap();
    assert_eq!(reply.values["e"], 1 << 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_returned_file_is_written_before_the_reply_is_given() {
    let (session, files) = (session().await, Files::default());
    let got = files.got.clone();
    let mut call = call("return", &files);
    call.args.insert("size".into(), 3_000_000.into());
    let reply = session.call(FIRST, call, Arc::new(files), |_| (), never()).await.unwrap();
    assert_eq!(reply.values["sent"], 3_000_000);
    assert_eq!(got.lock().len(), 3_000_000);
    assert!(got.lock().iter().all(|byte| *byte == 7));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_returned_file_that_finds_no_room_fails_the_call() {
    let (session, files) = (session().await, Files { full: true, ..Files::default() });
    let mut call = call("return", &files);
    call.args.insert("size".into(), 3_000_000.into());
    let reply = session.call(FIRST, call, Arc::new(files), |_| (), never()).await.unwrap();
    assert!(reply.failure.unwrap().contains("cannot keep the file on the controller"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_a_reply() {
    let reply = reply("panic", Files::default()).await;
    let failure = reply.failure.unwrap();
    assert!(failure.contains("`panic` panicked") && failure.contains("all is lost"), "{failure}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_beyond_the_limit_is_a_failure() {
    let failure = reply("shout", Files::default()).await.failure.unwrap();
    assert!(failure.contains("cannot send the answer"), "{failure}");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_run_beside_each_other() {
    let session = session().await;
    let waiting = session.call(FIRST, call("wait", &Files::default()), Arc::new(NoBodies), |_| (), never());
    let quick = session.call(FIRST, call("none", &Files::default()), Arc::new(NoBodies), |_| (), never());
    tokio::select! {
        _ = waiting => panic!("it was not to end"),
        reply = quick => assert_eq!(reply.unwrap().failure, None),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_dropped_ends_what_it_runs() {
    let session = session().await;
    let sleeping = session.call(FIRST, call("sleep", &Files::default()), Arc::new(NoBodies), |_| (), never());
    assert!(tokio::time::timeout(Duration::from_millis(200), sleeping).await.is_err());
    let since = Instant::now();
    while child_runs("sleep") {
        assert!(since.elapsed() < Duration::from_secs(5), "it still runs");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn child_runs(name: &str) -> bool {
    let own = format!(" {} ", std::process::id());
    let stats = std::fs::read_dir("/proc").unwrap().flatten();
    let stats = stats.filter_map(|entry| std::fs::read_to_string(entry.path().join("stat")).ok());
    stats.into_iter().any(|stat| {
        let (head, rest) = stat.rsplit_once(')').unwrap();
        head.ends_with(&format!("({name}")) && rest[2..].starts_with(&own)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_session_ends_its_calls_and_takes_no_others() {
    let session = session().await;
    let other = session.clone();
    let waiting = tokio::spawn(async move {
        other.call(FIRST, call("wait", &Files::default()), Arc::new(NoBodies), |_| (), never()).await
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    session.close(Duration::from_secs(5)).await;
    assert!(waiting.await.unwrap().is_ok() || !session.is_alive());
    let after =
        session.call(FIRST, call("none", &Files::default()), Arc::new(NoBodies), |_| (), never()).await;
    assert!(matches!(after, Err(NoReply::Lost(..))), "{after:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_lost_is_lost_for_all_its_calls() {
    let (ours, theirs) = tokio::net::UnixStream::pair().unwrap();
    let (stdout, stdin) = ours.into_split();
    let tail = Tail::default();
    tail.push(b"Killed\n");
    let exit = Box::pin(async { Some(137) });
    let session = Session::new(Box::new(stdin), Box::new(stdout), exit, tail);
    let calls = (0..3).map(|_| {
        let session = session.clone();
        tokio::spawn(async move {
            session.call(FIRST, Call::default(), Arc::new(NoBodies), |_| (), never()).await
        })
    });
    let calls: Vec<_> = calls.collect();
    let (mut theirs, mut buffer) = (theirs, [0; 64]);
    theirs.read_exact(&mut buffer).await.unwrap();
    drop(theirs);
    for call in calls {
        match call.await.unwrap() {
            Err(NoReply::Lost(said, _)) => assert_eq!(said, "Killed"),
            other => panic!("{other:?}"),
        }
    }
    assert!(!session.is_alive());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_method_is_refused_by_the_worker() {
    let wanted = Become {
        method: "magic".into(),
        user: "root".into(),
        password: None,
        flags: None,
        exe: None,
        prompts: Vec::new(),
        sha256: "0".repeat(64),
        timeout: 1000,
    };
    let failure = session().await.become_user(&wanted).await.unwrap().unwrap_err();
    assert_eq!(failure.kind, baton_modules::wire::BecomeFailureKind::UnknownMethod);
}
