//! wait_for

use std::net::{TcpStream, ToSocketAddrs};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::args::{CheckSupport, Map, Return, Value};
use crate::pattern::{Groups, Pattern};
use crate::{Fail, Module, Target, args, choices, files, returns};

mod connections;

args! {
    /// Wait until a port, a file or a time is there, or gone.
    pub struct WaitFor as "wait_for" {
        /// The host whose port is looked at.
        host: String = "127.0.0.1",
        /// The port.
        port: Option<u16>,
        /// A file to look for instead.
        path: Option<PathBuf>,
        /// What is waited for.
        state: State = "started",
        /// An expression that must be found in the file, or in what the port says.
        search_regex: Option<Pattern>,
        /// How long to wait altogether, in seconds.
        timeout: u64 = "300",
        /// How long to wait before the first look, in seconds.
        delay: u64 = "0",
        /// How long to wait between looks, in seconds.
        sleep: u64 = "1",
        /// How long one look at a port may take, in seconds.
        connect_timeout: u64 = "5",
        /// Hosts whose connections do not count when waiting for `drained`.
        exclude_hosts: Vec<String> = "",
        /// States of connections that count when waiting for `drained`.
        active_connection_states: Vec<String> = "ESTABLISHED,FIN_WAIT1,FIN_WAIT2,SYN_RECV,SYN_SENT,TIME_WAIT",
        /// What to say when it does not come.
        msg: Option<String>,
    }
    rules [MutuallyExclusive(&["port", "path"]), MutuallyExclusive(&["path", "exclude_hosts"])]
}

choices! {
    /// What is waited for.
    pub enum State {
        /// The port is closed, or the file gone.
        Absent = "absent",
        /// No connection to the port is left.
        Drained = "drained",
        /// The file is there.
        Present = "present",
        /// The port is open, or the file there.
        Started = "started",
        /// The port is closed, or the file gone.
        Stopped = "stopped",
    }
}

returns! {
    /// How many seconds it took.
    elapsed: int,
    /// The state waited for.
    state: str if "it came",
    /// The port.
    port: int if "it came",
    /// The file.
    path: path if "it came",
    /// What the expression found.
    match_groups: list if "with `search_regex`",
    /// The named groups of what the expression found.
    match_groupdict: dict if "with `search_regex`",
}

impl Module for WaitFor {
    const STOPS_EARLY: bool = true;
    const RETURNS: &'static [Return] = RETURNS;
    const CHECK: CheckSupport =
        CheckSupport::Skipped("what it waits for may come of a task that was not run");
    const EXAMPLES: &'static str = "\
- name: Wait until the database answers
  ansible.builtin.wait_for:
    port: 5432
    timeout: 60
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let started = Instant::now();
        let limit = Duration::from_secs(self.timeout);
        pause(target, Duration::from_secs(self.delay));
        if self.port.is_none() && self.path.is_none() {
            // With nothing to look at, the time is what is waited for.
            pause(target, limit);
            interrupted(target)?;
            return self.came(target, started, None);
        }
        loop {
            if let Some(found) = self.look(target)? {
                return self.came(target, started, found.groups);
            }
            let left = limit.saturating_sub(started.elapsed());
            interrupted(target)?;
            if left.is_zero() {
                return Err(self.late(started));
            }
            pause(target, left.min(Duration::from_secs(self.sleep)));
        }
    }
}

/// What was waited for is there.
struct Found {
    groups: Option<Groups>,
}

impl WaitFor {
    /// One look; `None` when it is not there yet.
    fn look(&self, target: &mut Target) -> Result<Option<Found>, Fail> {
        let plain = Some(Found { groups: None });
        match (self.state, &self.path, self.port) {
            (State::Absent | State::Stopped, Some(path), _) => {
                Ok(if target.lstat(path)?.is_none() { plain } else { None })
            }
            (_, Some(path), _) => self.in_file(target, path),
            (State::Absent | State::Stopped, None, Some(port)) => {
                Ok(if self.connect(port).is_err() { plain } else { None })
            }
            (State::Drained, None, Some(port)) => {
                Ok(if connections::active(target, self, port)? == 0 { plain } else { None })
            }
            (_, None, Some(port)) => Ok(self.at_port(port)),
            (_, None, None) => Ok(plain),
        }
    }

    fn in_file(&self, target: &Target, path: &std::path::Path) -> Result<Option<Found>, Fail> {
        if target.stat(path)?.is_none() {
            return Ok(None);
        }
        let Some(regex) = &self.search_regex else { return Ok(Some(Found { groups: None })) };
        let text = target.read(path)?.unwrap_or_default();
        Ok(regex.multiline()?.first(&text, 0).map(|found| Found { groups: Some(found) }))
    }

    fn at_port(&self, port: u16) -> Option<Found> {
        let mut stream = self.connect(port).ok()?;
        let Some(regex) = &self.search_regex else { return Some(Found { groups: None }) };
        let until = Instant::now() + Duration::from_secs(self.connect_timeout.max(1));
        let mut said = Vec::new();
        let mut buffer = [0; 1024];
        while Instant::now() < until {
            stream.set_read_timeout(Some(Duration::from_millis(500))).ok()?;
            match std::io::Read::read(&mut stream, &mut buffer) {
                Ok(0) => break,
                Ok(read) => said.extend(&buffer[..read]),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(_) => break,
            }
            if let Some(found) = regex.multiline().ok()?.first(&said, 0) {
                return Some(Found { groups: Some(found) });
            }
        }
        None
    }

    fn connect(&self, port: u16) -> std::io::Result<TcpStream> {
        let timeout = Duration::from_secs(self.connect_timeout.max(1));
        let mut last = std::io::Error::from(std::io::ErrorKind::NotFound);
        for address in (self.host.as_str(), port).to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, timeout) {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn came(&self, target: &mut Target, started: Instant, groups: Option<Groups>) -> Result<(), Fail> {
        target.set("elapsed", started.elapsed().as_secs());
        target.set("state", self.state.as_str());
        target.set("port", self.port);
        target.set("search_regex", self.search_regex.as_ref().map(|regex| regex.source().to_owned()));
        target.set("match_groups", groups.as_ref().map(texts).unwrap_or_default());
        target.set("match_groupdict", groups.as_ref().map(named).unwrap_or_default());
        target.set("path", self.path.as_ref().map(|path| path.display().to_string()));
        if let Some(path) = &self.path
            && target.lstat(path)?.is_some()
        {
            for (name, value) in
                files::describe(target, path)?.into_iter().filter(|(name, _)| name != "state")
            {
                target.set(&name, value);
            }
        }
        Ok(())
    }

    fn late(&self, started: Instant) -> Fail {
        let elapsed = started.elapsed().as_secs();
        let subject = match (&self.path, self.port) {
            (Some(path), _) => path.display().to_string(),
            (None, Some(port)) => format!("{}:{port}", self.host),
            (None, None) => String::new(),
        };
        let words = self.msg.clone().unwrap_or_else(|| match (self.state, &self.search_regex, &self.path) {
            (State::Absent | State::Stopped, _, Some(_)) => {
                format!("Timeout when waiting for {subject} to be absent.")
            }
            (State::Absent | State::Stopped, _, None) => {
                format!("Timeout when waiting for {subject} to stop.")
            }
            (State::Drained, ..) => format!("Timeout when waiting for {subject} to drain"),
            (_, Some(regex), _) => {
                format!("Timeout when waiting for search string {} in {subject}", regex.source())
            }
            (_, None, Some(_)) => format!("Timeout when waiting for file {subject}"),
            (_, None, None) => format!("Timeout when waiting for {subject}"),
        });
        Fail::new(words).with("elapsed", elapsed)
    }
}

fn texts(found: &Groups) -> Vec<Value> {
    (1..found.len()).map(|index| text(found.get(index))).collect()
}

fn named(found: &Groups) -> Map<String, Value> {
    found.names().map(|(name, group)| (name.to_owned(), text(group))).collect()
}

fn text(group: Option<&[u8]>) -> Value {
    group.map(String::from_utf8_lossy).into()
}

/// Whether nobody waits any more.
fn interrupted(target: &Target) -> Result<(), Fail> {
    match target.cancelled() {
        true => Err(Fail::new("the run was interrupted before what is waited for came about")),
        false => Ok(()),
    }
}

/// Sleeps, but not longer than somebody waits for the reply.
fn pause(target: &Target, time: Duration) {
    let until = Instant::now() + time;
    while !target.cancelled() {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        std::thread::sleep(left.min(Duration::from_millis(200)));
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use serde_json::json;

    use crate::testing::Sandbox;

    #[test]
    fn an_open_port_and_what_it_says_are_found() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut stream = stream;
                let _ = std::io::Write::write_all(&mut stream, b"SSH-2.0-lab\r\n");
            }
        });
        Sandbox::new("wait_for").reads(json!({"port": port, "timeout": 5}));
        let values =
            Sandbox::new("wait_for").reads(json!({"port": port, "timeout": 5, "search_regex": "SSH-(.+)-"}));
        assert_eq!(values["match_groups"], json!(["2.0"]));
    }

    #[test]
    fn a_port_that_stays_closed_is_named() {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let said = Sandbox::new("wait_for").fails(json!({"port": port, "timeout": 1}));
        assert_eq!(said, format!("Timeout when waiting for 127.0.0.1:{port}"));
        Sandbox::new("wait_for").reads(json!({"port": port, "state": "stopped", "timeout": 1}));
    }

    #[test]
    fn a_file_and_its_text_are_waited_for() {
        let sandbox = Sandbox::new("wait_for").file("f", "one\ndone 42\n");
        let values =
            sandbox.reads(json!({"path": sandbox.path("f"), "search_regex": r"^done (?P<n>\d+)( x)?"}));
        assert_eq!(values["match_groups"], json!(["42", null]));
        assert_eq!(values["match_groupdict"], json!({"n": "42"}));
        let said = sandbox.fails(json!({"path": sandbox.path("f"), "state": "absent", "timeout": 1}));
        assert!(said.ends_with("to be absent."), "{said}");
    }
}
