//! Modules that speak over the network: the tests serve on the address that the hosts know this machine by.

use std::io::{Read, Write};
use std::net::TcpListener;

use crate::endings::wait_until;
use crate::host::{address, look};
use crate::play::{Play, Running};

/// Answers every request with this body, as long as the test runs; the URL.
fn serve(body: &'static str) -> String {
    let host = address("lab1");
    let gateway = format!("{}.1", host.rsplit_once('.').expect("an address").0);
    let listener = TcpListener::bind(format!("{gateway}:0")).expect("a port");
    let url = format!("http://{}/file", listener.local_addr().expect("its address"));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { break };
            let mut request = [0; 4096];
            let read = stream.read(&mut request).unwrap_or(0);
            let found = !String::from_utf8_lossy(&request[..read]).contains("/missing");
            let (status, body) = if found { ("200 OK", body) } else { ("404 Not Found", "") };
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    url
}

#[test]
fn get_url_brings_a_file_with_the_right_sum() {
    let url = serve("brought\n");
    let sum = "sha256:9d2ca6c2b1f7d1ac5e6f2e2ea9ab3d1ef7ed1a1a6ac8e6a1b3c0b8c7d3d7e5aa";
    let wrong =
        format!("- name: wrong\n  get_url: {{url: '{url}', dest: /srv/brought-wrong, checksum: '{sum}'}}");
    let ran = Play::on("lab1").as_root().tasks(&wrong).ends(2);
    assert!(
        ran.result("lab1", "wrong")["msg"].to_string().to_lowercase().contains("checksum"),
        "{}",
        ran.told()
    );
    assert_eq!(look("lab1", "ls /srv | grep -c brought-wrong; true"), "0");
    let tasks = format!("- get_url: {{url: '{url}', dest: /srv/brought-url, mode: '0640'}}");
    let look_at = "if [ -e /srv/brought-url ]; then stat -c %a /srv/brought-url; cat /srv/brought-url; else echo none; fi";
    Play::on("lab1").as_root().tasks(&tasks).converges(look_at, "none", "640\nbrought");
    let tasks = format!(
        "- name: missing\n  get_url: {{url: '{}', dest: /srv/missing}}",
        url.replace("/file", "/missing")
    );
    let ran = Play::on("lab1").as_root().tasks(&tasks).ends(2);
    assert!(ran.result("lab1", "missing").to_string().contains("404"), "{}", ran.told());
}

#[test]
fn wait_for_waits_for_a_port_and_for_a_file() {
    let tasks = "
- wait_for: {port: 22, timeout: 5}
- name: never
  wait_for: {port: 23, timeout: 1}
  ignore_errors: true
- name: file
  wait_for: {path: /tmp/awaited, timeout: 20}
";
    let test = Play::on("lab1").tasks(tasks).args(["--output", "json"]).test();
    let child = Running::start(&test);
    wait_until("lab1", "pgrep -u deploy -f ' worker$'");
    look("lab1", "sleep 2; touch /tmp/awaited");
    let output = child.end();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    look("lab1", "rm /tmp/awaited");
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("\"ignored\":1"), "{said}");
}

#[test]
fn wait_for_connection_waits_until_the_host_answers() {
    let ran = Play::on("lab1,busybox1").tasks("- wait_for_connection: {timeout: 10}\n- ping:").run();
    assert_eq!((ran.count("lab1", "ok"), ran.count("busybox1", "ok")), (2, 2), "{}", ran.told());
}
