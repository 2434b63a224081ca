//! Connections to a real `sshd` on loopback, and other users become for real. They need root,
//! `sshd`, `sudo` and `doas`, make users (`batont…`), rules for them, and `/etc/doas.conf`, and remove
//! them again. So they are built only when asked for:
//! `tests/lab/run connections`

mod becoming;
mod containers;
mod local;
mod scale;
mod sshd;
mod through_ssh;
mod users;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};

use baton_modules::wire::{Call, Reply};

use super::{Address, Connections, NoBodies, Options, Unreachable};

/// The program itself, which these tests are not; built once, without what only a debugger reads.
fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let built =
            Command::new(env!("CARGO")).args(["build", "-q", "-p", "baton", "--bin", "baton"]).status();
        assert!(built.unwrap().success());
        let tests = std::env::current_exe().unwrap();
        let built = tests.parent().unwrap().parent().unwrap().join("baton");
        let stripped = tests.with_file_name("baton-stripped");
        let done = Command::new("strip").arg("-o").args([&stripped, &built]).status();
        if done.is_ok_and(|status| status.success()) { stripped } else { built }
    })
}

fn connections() -> Connections {
    Connections::new(Options { worker: binary().to_owned(), ..Options::default() })
}

async fn ping(connections: &Connections, address: &Address) -> Result<Reply, Unreachable> {
    call(connections, address, "ping", &[]).await
}

async fn call(
    connections: &Connections,
    address: &Address,
    module: &str,
    args: &[(&str, &str)],
) -> Result<Reply, Unreachable> {
    let args = args.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
    let call = Call { module: module.into(), args, ..Call::default() };
    connections.call(address, call, Arc::new(NoBodies), |_| ()).await
}

/// The workers that run as a user.
fn workers_of(user: &str) -> String {
    let listed = Command::new("pgrep").args(["-a", "-u", user, "-f", "worker$"]).output().unwrap();
    String::from_utf8_lossy(&listed.stdout).into_owned()
}
