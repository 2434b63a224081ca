use std::fs;
use std::time::{Duration, Instant};

use baton_modules::wire::BecomeFailureKind as Why;

use super::sshd::Sshd;
use super::users::{Doas, User};
use super::*;
use crate::connection::{Become, Kind, Secret, Ssh};

const PASSWORD: &str = "xyzzy 'quoted\" $HOME";

fn login(sshd: &Sshd, user: &User) -> Ssh {
    Ssh { user: Some(user.name.clone()), ..sshd.ssh() }
}

fn by(method: &str, user: &str, password: Option<&str>) -> Become {
    Become { method: method.into(), password: password.map(Secret::new), ..Become::sudo(user) }
}

async fn who(connections: &Connections, ssh: &Ssh, by: Option<Become>) -> Result<String, Unreachable> {
    let address = Address { r#become: by, ..Address::ssh(ssh.clone()) };
    let reply = call(connections, &address, "command", &[("cmd", "id -un")]).await?;
    assert_eq!(reply.failure, None);
    Ok(reply.values["stdout"].as_str().unwrap().to_owned())
}

async fn why(connections: &Connections, ssh: &Ssh, by: Become) -> Why {
    let since = Instant::now();
    let reason = who(connections, ssh, Some(by)).await.unwrap_err();
    eprintln!("{reason} ({:?})", since.elapsed());
    assert!(!reason.message.contains('\n') && !reason.message.contains(PASSWORD), "{}", reason.message);
    let Kind::Become(why) = reason.kind else { panic!("{reason:?}") };
    why
}

#[tokio::test(flavor = "multi_thread")]
async fn sudo_with_and_without_password_and_each_refusal() {
    let (sshd, connections) = (Sshd::start(), connections());
    let [free, asked, forbidden, other] = [0; 4].map(|_| User::new(PASSWORD));
    free.may_sudo(false);
    asked.may_sudo(true);
    let [free, asked, forbidden] = [free, asked, forbidden].map(|user| (login(&sshd, &user), user));
    let root = |password| by("sudo", "root", password);
    assert_eq!(who(&connections, &free.0, None).await.unwrap(), free.1.name);
    assert_eq!(who(&connections, &free.0, Some(root(None))).await.unwrap(), "root");
    // A password that is not asked for does no harm.
    assert_eq!(who(&connections, &free.0, Some(root(Some("needless")))).await.unwrap(), "root");
    let unprivileged = by("sudo", &other.name, None);
    assert_eq!(who(&connections, &free.0, Some(unprivileged)).await.unwrap(), other.name);
    assert_eq!(why(&connections, &asked.0, root(None)).await, Why::PasswordNeeded);
    assert_eq!(why(&connections, &asked.0, root(Some("wrong"))).await, Why::WrongPassword);
    assert_eq!(who(&connections, &asked.0, Some(root(Some(PASSWORD)))).await.unwrap(), "root");
    assert_eq!(why(&connections, &forbidden.0, root(Some(PASSWORD))).await, Why::NotAllowed);
    assert_eq!(why(&connections, &free.0, by("sudo", "nemo", None)).await, Why::NoUser);
    let exe = Some(vec!["/nonexistent/sudo".to_owned()]);
    assert_eq!(why(&connections, &free.0, Become { exe, ..root(None) }).await, Why::NoTool);
    connections.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn su_with_and_without_password_and_each_refusal() {
    let (sshd, connections) = (Sshd::start(), connections());
    let (from, to) = (User::new("other"), User::new(PASSWORD));
    let ssh = login(&sshd, &from);
    assert_eq!(who(&connections, &ssh, Some(by("su", &to.name, Some(PASSWORD)))).await.unwrap(), to.name);
    assert_eq!(why(&connections, &ssh, by("su", &to.name, Some("wrong"))).await, Why::WrongPassword);
    assert_eq!(why(&connections, &ssh, by("su", &to.name, None)).await, Why::PasswordNeeded);
    assert_eq!(why(&connections, &ssh, by("su", "nemo", Some("any"))).await, Why::NoUser);
    let root = sshd.ssh();
    assert_eq!(who(&connections, &root, Some(by("su", &to.name, None))).await.unwrap(), to.name);
    connections.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn doas_with_and_without_password_and_each_refusal() {
    let (sshd, connections) = (Sshd::start(), connections());
    let [free, asked, forbidden] = [0; 3].map(|_| User::new(PASSWORD));
    let _rules = Doas::with(&format!("permit nopass {}\npermit {}\n", free.name, asked.name));
    let [free, asked, forbidden] = [free, asked, forbidden].map(|user| (login(&sshd, &user), user));
    let root = |password| by("doas", "root", password);
    assert_eq!(who(&connections, &free.0, Some(root(None))).await.unwrap(), "root");
    assert_eq!(who(&connections, &asked.0, Some(root(Some(PASSWORD)))).await.unwrap(), "root");
    assert_eq!(why(&connections, &asked.0, root(Some("wrong"))).await, Why::WrongPassword);
    assert_eq!(why(&connections, &asked.0, root(None)).await, Why::PasswordNeeded);
    assert_eq!(why(&connections, &forbidden.0, root(Some(PASSWORD))).await, Why::NotAllowed);
    connections.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn this_machine_becomes_others_as_well() {
    let (connections, user) = (connections(), User::new(PASSWORD));
    let address = Address { r#become: Some(by("sudo", &user.name, None)), ..Address::local() };
    let reply = call(&connections, &address, "command", &[("cmd", "id -un")]).await.unwrap();
    assert_eq!(reply.values["stdout"], *user.name);
    connections.close().await;
    assert_eq!(workers_of(&user.name), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_lets_in_and_a_wrong_one_does_not() {
    let (sshd, connections) = (Sshd::with("PasswordAuthentication yes"), connections());
    let user = User::new(PASSWORD);
    let with =
        |password: &str| Ssh { key: None, password: Some(Secret::new(password)), ..login(&sshd, &user) };
    assert_eq!(who(&connections, &with(PASSWORD), None).await.unwrap(), user.name);
    let reason = who(&connections, &with("wrong"), None).await.unwrap_err();
    assert_eq!(reason.kind, Kind::Authentication);
    assert_eq!(sshd.log().matches("Failed password").count(), 1, "{}", sshd.log());
    connections.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_password_is_in_any_argument_or_environment() {
    let (sshd, connections) = (Sshd::with("PasswordAuthentication yes"), connections());
    let user = User::new(PASSWORD);
    user.may_sudo(true);
    let ssh = Ssh { key: None, password: Some(Secret::new(PASSWORD)), ..login(&sshd, &user) };
    let seen = Arc::new(parking_lot::Mutex::new(Vec::new()));
    let (kept, over) = (seen.clone(), Arc::new(std::sync::atomic::AtomicBool::new(false)));
    let ended = over.clone();
    let watch = std::thread::spawn(move || {
        while !ended.load(std::sync::atomic::Ordering::Relaxed) {
            for entry in fs::read_dir("/proc").unwrap().flatten() {
                for file in ["cmdline", "environ"] {
                    let content = fs::read(entry.path().join(file)).unwrap_or_default();
                    if String::from_utf8_lossy(&content).contains(PASSWORD) {
                        kept.lock().push(String::from_utf8_lossy(&content).into_owned());
                    }
                }
            }
        }
    });
    let root = Some(by("sudo", "root", Some(PASSWORD)));
    assert_eq!(who(&connections, &ssh, root).await.unwrap(), "root");
    over.store(true, std::sync::atomic::Ordering::Relaxed);
    watch.join().unwrap();
    connections.close().await;
    assert_eq!(*seen.lock(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn any_login_shell_starts_the_worker() {
    let (sshd, connections) = (Sshd::start(), connections());
    for shell in ["/bin/sh", "/bin/bash", "/usr/bin/fish", "/bin/tcsh"] {
        let user = User::with_shell(PASSWORD, shell);
        // Start-up files that speak are borne.
        for file in [".bashrc", ".cshrc", ".config/fish/config.fish"] {
            let file = Path::new("/home").join(&user.name).join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "echo welcome\n").unwrap();
        }
        assert_eq!(who(&connections, &login(&sshd, &user), None).await.unwrap(), user.name, "{shell}");
        let su = Some(by("su", &user.name, None));
        assert_eq!(who(&connections, &sshd.ssh(), su).await.unwrap(), user.name, "{shell}");
        connections.reset(&Address::ssh(login(&sshd, &user))).await;
        connections.reset(&sshd.address()).await;
    }
    let none = User::with_shell(PASSWORD, "/usr/sbin/nologin");
    let reason = who(&connections, &login(&sshd, &none), None).await.unwrap_err();
    assert!(reason.message.contains("not available"), "{reason}");
    connections.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_of_another_user_ends_with_all_that_it_runs() {
    let (sshd, connections) = (Sshd::start(), Arc::new(connections()));
    let [from, to] = [0; 2].map(|_| User::new(PASSWORD));
    from.may_sudo(false);
    for method in ["sudo", "su"] {
        let ssh = if method == "su" { sshd.ssh() } else { login(&sshd, &from) };
        let address = Address { r#become: Some(by(method, &to.name, None)), ..Address::ssh(ssh) };
        let other = connections.clone();
        let sleeping =
            tokio::spawn(async move { call(&other, &address, "command", &[("cmd", "sleep 4712")]).await });
        let sleeps =
            || !Command::new("pgrep").args(["-f", "sleep 4712$"]).output().unwrap().stdout.is_empty();
        let since = Instant::now();
        while !sleeps() {
            assert!(since.elapsed() < Duration::from_secs(20), "{method}: it never began");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        connections.close_hosts().await;
        assert!(!sleeps(), "{method}");
        assert_eq!(workers_of(&to.name) + &workers_of(&from.name), "", "{method}");
        drop(sleeping);
    }
    connections.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn raw_becomes_by_sudo_without_a_worker() {
    let (sshd, connections, user) = (Sshd::start(), connections(), User::new(PASSWORD));
    user.may_sudo(true);
    let root = by("sudo", "root", Some(PASSWORD));
    let address = Address { r#become: Some(root), ..Address::ssh(login(&sshd, &user)) };
    let output = connections.raw(&address, "id -un; cat", b"in", None).await.unwrap();
    assert_eq!((output.status, &*output.stdout), (0, &b"root\nin"[..]), "{output:?}");
    connections.close().await;
}
