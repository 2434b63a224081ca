use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use super::sshd::Sshd;
use super::users::User;
use super::*;
use crate::connection::{Kind, Ssh};

#[tokio::test(flavor = "multi_thread")]
async fn a_host_gets_the_worker_once_and_answers() {
    let (sshd, first) = (Sshd::start(), connections());
    let since = Instant::now();
    assert_eq!(ping(&first, &sshd.address()).await.unwrap().values["ping"], "pong");
    let uploaded = since.elapsed();
    first.close().await;
    let cached: Vec<_> = fs::read_dir(sshd.path("cache/baton")).unwrap().flatten().collect();
    assert_eq!(cached.len(), 2, "the worker and its stamp: {cached:?}");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&sshd.path("cache/baton")), 0o700);
    let worker = cached.iter().map(|e| e.path()).find(|p| p.extension().is_none()).unwrap();
    assert_eq!(mode(&worker), 0o500);
    let (written, second) = (fs::metadata(&worker).unwrap().modified().unwrap(), connections());
    let since = Instant::now();
    ping(&second, &sshd.address()).await.unwrap();
    eprintln!("first contact with upload {uploaded:?}, cached {:?}", since.elapsed());
    assert_eq!(fs::metadata(&worker).unwrap().modified().unwrap(), written);
    second.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_when_the_run_is_over() {
    let (sshd, connections) = (Sshd::start(), connections());
    ping(&connections, &sshd.address()).await.unwrap();
    let worker = sshd.path("cache/baton").display().to_string();
    let runs = || !Command::new("pgrep").args(["-f", &worker]).output().unwrap().stdout.is_empty();
    assert!(runs());
    connections.close().await;
    drop(connections);
    let port = format!("Port={}", sshd.port);
    let masters = || !Command::new("pgrep").args(["-f", &port]).output().unwrap().stdout.is_empty();
    let since = Instant::now();
    while runs() || masters() {
        assert!(since.elapsed() < Duration::from_secs(3), "worker {} master {}", runs(), masters());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_worker_in_the_cache_is_replaced() {
    let sshd = Sshd::start();
    let first = connections();
    ping(&first, &sshd.address()).await.unwrap();
    first.close().await;
    let cached = fs::read_dir(sshd.path("cache/baton")).unwrap().flatten();
    let worker = cached.map(|e| e.path()).find(|p| p.extension().is_none()).unwrap();
    let good = fs::read(&worker).unwrap();
    let mut late = good.clone();
    *late.last_mut().unwrap() ^= 1;
    for bad in [b"short".to_vec(), vec![0; good.len()], late] {
        let damaged = worker.with_extension("new");
        fs::write(&damaged, bad).unwrap();
        fs::set_permissions(&damaged, fs::Permissions::from_mode(0o500)).unwrap();
        fs::rename(&damaged, &worker).unwrap();
        let connections = connections();
        ping(&connections, &sshd.address()).await.unwrap();
        connections.close().await;
        assert!(fs::read(&worker).unwrap() == good);
    }
}

/// A user of its own, for what is kept in `/var/tmp` counts for all that a user does.
struct Stranger {
    user: User,
    address: Address,
    cache: PathBuf,
    elsewhere: PathBuf,
}

impl Stranger {
    fn new(sshd: &Sshd) -> Self {
        let user = User::new("any");
        let address = Address::ssh(Ssh { user: Some(user.name.clone()), ..sshd.ssh() });
        let cache = Path::new("/home").join(&user.name).join(".cache");
        fs::create_dir(&cache).unwrap();
        let elsewhere = format!("/var/tmp/baton-{}", user.uid).into();
        let stranger = Self { user, address, cache, elsewhere };
        stranger.own(&stranger.cache);
        stranger
    }

    fn own(&self, path: &Path) {
        std::os::unix::fs::chown(path, Some(self.user.uid), None).unwrap();
    }

    async fn is_served(&self) {
        let connections = connections();
        ping(&connections, &self.address).await.unwrap();
        connections.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_that_others_could_write_or_that_is_a_link_is_passed_over() {
    let sshd = Sshd::start();
    let stranger = Stranger::new(&sshd);
    let cache = stranger.cache.join("baton");
    fs::create_dir(&cache).unwrap();
    stranger.own(&cache);
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o770)).unwrap();
    stranger.is_served().await;
    assert_eq!(fs::read_dir(&cache).unwrap().count(), 0);
    fs::remove_dir(&cache).unwrap();
    let target = stranger.cache.join("target");
    fs::create_dir(&target).unwrap();
    stranger.own(&target);
    fs::set_permissions(&target, fs::Permissions::from_mode(0o700)).unwrap();
    std::os::unix::fs::symlink(&target, &cache).unwrap();
    fs::remove_dir_all(&stranger.elsewhere).unwrap();
    stranger.is_served().await;
    assert_eq!(fs::read_dir(&target).unwrap().count(), 0);
    assert_eq!(fs::read_dir(&stranger.elsewhere).unwrap().count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_home_that_forbids_execution_or_has_no_room_is_passed_over() {
    let sshd = Sshd::start();
    let stranger = Stranger::new(&sshd);
    for options in ["noexec", "size=100k"] {
        let options = format!("{options},mode=755,uid={}", stranger.user.uid);
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&stranger.cache);
        assert!(mount.status().unwrap().success());
        stranger.is_served().await;
        Command::new("umount").arg("-l").arg(&stranger.cache).status().unwrap();
        assert_eq!(fs::read_dir(&stranger.elsewhere).unwrap().count(), 2, "{options}");
        fs::remove_dir_all(&stranger.elsewhere).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn raw_runs_beside_the_worker_on_the_same_connection() {
    let (sshd, connections) = (Sshd::start(), connections());
    ping(&connections, &sshd.address()).await.unwrap();
    let output = connections.raw(&sshd.address(), "cat; echo \"$0\"; exit 7", b"in ", None).await.unwrap();
    assert_eq!(output.status, 7);
    assert!(output.stdout.starts_with(b"in "), "{output:?}");
    assert_eq!(connections.raw(&sshd.address(), "exit 127", b"", None).await.unwrap().status, 127);
    assert_eq!(sshd.log().matches("Accepted publickey").count(), 1, "{}", sshd.log());
    connections.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_connection_logs_in_anew() {
    let (sshd, connections) = (Sshd::start(), connections());
    ping(&connections, &sshd.address()).await.unwrap();
    connections.reset(&sshd.address()).await;
    ping(&connections, &sshd.address()).await.unwrap();
    assert_eq!(sshd.log().matches("Accepted publickey").count(), 2, "{}", sshd.log());
    connections.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_cut_loses_its_call_and_the_next_connects_anew() {
    let (sshd, connections) = (Sshd::start(), Arc::new(connections()));
    ping(&connections, &sshd.address()).await.unwrap();
    let (other, address) = (connections.clone(), sshd.address());
    let waiting =
        tokio::spawn(async move { call(&other, &address, "command", &[("cmd", "sleep 60")]).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let activity = connections.activity(&sshd.address());
    sshd.cut();
    let reason = waiting.await.unwrap();
    assert_eq!(activity.unwrap().what, "running `command`");
    let reason = reason.unwrap_err();
    assert_eq!(reason.kind, Kind::Lost);
    assert!(reason.message.contains("while `command` ran"), "{}", reason.message);
    ping(&connections, &sshd.address()).await.unwrap();
    connections.close().await;
}

async fn refused(ssh: Ssh) -> Unreachable {
    let connections = connections();
    let reason = ping(&connections, &Address::ssh(ssh)).await.unwrap_err();
    connections.close().await;
    eprintln!("{:?}: {reason}", reason.kind);
    assert!(!reason.message.contains(['\n', '\r']), "{}", reason.message);
    reason
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_not_to_get_in_is_told_apart() {
    let sshd = Sshd::start();
    let once = || Ssh { retries: 0, ..sshd.ssh() };
    let other = Sshd::start();
    let stranger = Ssh { key: other.ssh().key, ..once() };
    assert_eq!(refused(stranger).await.kind, Kind::Authentication);
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    assert_eq!(refused(Ssh { port: Some(closed), ..once() }).await.kind, Kind::Refused);
    assert_eq!(refused(Ssh { host: "nemo.invalid".into(), ..once() }).await.kind, Kind::Resolve);
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = Some(silent.local_addr().unwrap().port());
    let since = Instant::now();
    let timeout = Duration::from_secs(1);
    assert_eq!(refused(Ssh { port, connect_timeout: timeout, ..once() }).await.kind, Kind::Timeout);
    assert!(since.elapsed() < Duration::from_secs(5));
    let missing = refused(Ssh { exe: "/nonexistent/ssh".into(), ..once() }).await;
    assert_eq!(missing.kind, Kind::Ssh);
    let wrong = Ssh { args: vec!["-o".into(), "Nonsense=1".into()], ..once() };
    assert!(refused(wrong).await.message.contains("onsense"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_or_changed_host_key_is_refused_unless_checking_is_off() {
    let sshd = Sshd::start();
    let known = fs::read_to_string(sshd.path("known")).unwrap();
    fs::write(sshd.path("known"), "").unwrap();
    let reason = refused(sshd.ssh()).await;
    assert_eq!(reason.kind, Kind::HostKeyUnknown);
    assert!(reason.hint.unwrap().contains("ssh-keyscan"));
    let other = fs::read_to_string(Sshd::start().path("host.pub")).unwrap();
    fs::write(sshd.path("known"), format!("[127.0.0.1]:{} {other}", sshd.port)).unwrap();
    assert_eq!(refused(sshd.ssh()).await.kind, Kind::HostKeyChanged);
    fs::write(sshd.path("known"), "").unwrap();
    let trusting = Ssh { host_key_checking: false, ..sshd.ssh() };
    let connections = connections();
    ping(&connections, &Address::ssh(trusting)).await.unwrap();
    connections.close().await;
    assert!(
        fs::read_to_string(sshd.path("known")).unwrap().contains(known.split(' ').nth(2).unwrap().trim())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_comes_up_late_is_reached_by_trying_again() {
    let (mut sshd, connections) = (Sshd::down(""), connections());
    let address = Address::ssh(Ssh { retries: 6, ..sshd.ssh() });
    let up = async {
        let again = || connections.activity(&address).is_some_and(|activity| activity.what.contains("again"));
        let since = Instant::now();
        while !again() {
            assert!(since.elapsed() < Duration::from_secs(20), "it does not try again");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        sshd.up();
    };
    let (reply, ()) = tokio::join!(ping(&connections, &address), up);
    assert_eq!(reply.unwrap().values["ping"], "pong");
    connections.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_over_ends_the_commands_on_its_hosts() {
    let (sshd, connections) = (Sshd::start(), Arc::new(connections()));
    let (other, address) = (connections.clone(), sshd.address());
    let sleeping =
        tokio::spawn(async move { call(&other, &address, "command", &[("cmd", "sleep 4711")]).await });
    let sleeps = || !Command::new("pgrep").args(["-f", "sleep 4711$"]).output().unwrap().stdout.is_empty();
    let since = Instant::now();
    while !sleeps() {
        assert!(since.elapsed() < Duration::from_secs(20), "it never began");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    connections.close().await;
    assert!(!sleeps());
    drop(sleeping);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_still_connects_when_the_run_is_over_waits_no_longer() {
    let connections = Arc::new(connections());
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let ssh = Ssh { port: Some(silent.local_addr().unwrap().port()), ..Ssh::new("127.0.0.1") };
    let (other, address) = (connections.clone(), Address::ssh(ssh));
    let connecting = tokio::spawn(async move { ping(&other, &address).await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    let since = Instant::now();
    connections.close().await;
    assert_eq!(connecting.await.unwrap().unwrap_err().kind, Kind::Controller);
    assert!(since.elapsed() < Duration::from_secs(2), "{:?}", since.elapsed());
}

#[test]
fn a_run_that_is_killed_leaves_nothing_running_anywhere() {
    let sshd = Sshd::start();
    let write = |name: &str, text: String| fs::write(sshd.path(name), text).unwrap();
    let known = sshd.path("known").display().to_string();
    write(
        "hosts",
        format!(
            "web ansible_host=127.0.0.1 ansible_port={} ansible_user=root ansible_ssh_private_key_file={} \
             ansible_ssh_common_args='-F /dev/null -o UserKnownHostsFile={known}'\n",
            sshd.port,
            sshd.path("user").display(),
        ),
    );
    write(
        "play.yml",
        "- hosts: all\n  gather_facts: false\n  tasks:\n    - command: sleep 4713\n".to_owned(),
    );
    let mut run = Command::new(binary());
    run.arg("run")
        .arg(sshd.path("play.yml"))
        .arg("-i")
        .arg(sshd.path("hosts"))
        .current_dir(sshd.directory.path());
    let mut run = run.env("HOME", sshd.directory.path()).spawn().unwrap();
    let listed = |what: &str| {
        let found = Command::new("pgrep").args(["-f", what]).output().unwrap();
        !found.stdout.is_empty()
    };
    let until = |done: &dyn Fn() -> bool, seconds, what: &str| {
        let since = Instant::now();
        while !done() {
            assert!(since.elapsed() < Duration::from_secs(seconds), "{what}");
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    until(&|| listed("sleep 4713$"), 30, "it never began");
    run.kill().unwrap();
    run.wait().unwrap();
    until(&|| !listed("sleep 4713$"), 5, "the command still runs");
    let worker = sshd.path("cache/baton").display().to_string();
    until(&|| !listed(&worker), 5, "the worker still runs");
    let master = format!("Port={}", sshd.port);
    until(&|| !listed(&master), 30, "the master still runs");
}
