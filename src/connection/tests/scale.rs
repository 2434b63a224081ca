//! Many hosts at once, and how long things take; the figures are printed, not asserted.

use std::time::Instant;

use super::sshd::Sshd;
use super::*;
use crate::connection::Ssh;

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_hosts_are_reached_past_max_startups() {
    let (sshd, connections) = (Sshd::with("MaxStartups 10:30:100"), Arc::new(connections()));
    ping(&connections, &sshd.address()).await.unwrap();
    let since = Instant::now();
    let calls: Vec<_> = (0..100)
        .map(|n| {
            let (connections, mut ssh) = (connections.clone(), sshd.ssh());
            // Another name for the same host makes another connection.
            ssh.args.extend(["-o".into(), format!("SetEnv=N={n}")]);
            tokio::spawn(async move { ping(&connections, &Address::ssh(ssh)).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    eprintln!("100 hosts connected and answered in {:?}", since.elapsed());
    let since = Instant::now();
    connections.close().await;
    eprintln!("closed in {:?}", since.elapsed());
    let refused = sshd.log().matches("MaxStartups").count();
    eprintln!("dropped by MaxStartups: {refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_one_quick_round_trip() {
    let sshd = Sshd::start();
    for round in ["with upload", "cached", "cached"] {
        let connections = connections();
        let since = Instant::now();
        ping(&connections, &sshd.address()).await.unwrap();
        eprintln!("first contact {round}: {:?}", since.elapsed());
        let mut times: Vec<_> = Vec::new();
        for _ in 0..500 {
            let since = Instant::now();
            ping(&connections, &sshd.address()).await.unwrap();
            times.push(since.elapsed());
        }
        times.sort();
        eprintln!("ping: median {:?}, 99th {:?}", times[250], times[495]);
        connections.close().await;
    }
    let fast = Ssh {
        args: [sshd.ssh().args, vec!["-o".into(), "KexAlgorithms=curve25519-sha256".into()]].concat(),
        ..sshd.ssh()
    };
    let connections = connections();
    let since = Instant::now();
    ping(&connections, &Address::ssh(fast)).await.unwrap();
    eprintln!("first contact with a cheap key exchange: {:?}", since.elapsed());
    connections.close().await;
}
