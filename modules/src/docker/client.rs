//! The client: a version both know, requests, and their answers as JSON.

use serde_json::Value;

use super::http::{self, Patience};
use super::{Endpoint, Error, Lines, Next, Request, Response};
use crate::Hands;
use crate::wire::Stream;

/// The newest version of the API that this client knows.
const NEWEST: (u32, u32) = (1, 47);

/// How long a read waits before it looks whether anybody still wants the answer.
pub(super) const TICK: std::time::Duration = std::time::Duration::from_millis(150);

/// An engine that answers.
#[derive(Clone, Debug)]
pub struct Client {
    endpoint: Endpoint,
    version: String,
}

/// A text as part of a path or query.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(byte as char),
            _ => out += &format!("%{byte:02X}"),
        }
    }
    out
}

/// A path with a query; pairs with an empty value are left off.
pub fn query(path: &str, pairs: &[(&str, &str)]) -> String {
    let given = pairs.iter().filter(|(_, value)| !value.is_empty());
    let words: Vec<String> = given.map(|(name, value)| format!("{name}={}", escape(value))).collect();
    if words.is_empty() { path.to_owned() } else { format!("{path}?{}", words.join("&")) }
}

fn never() -> bool {
    false
}

impl Client {
    /// Finds out that the engine answers and which version of its API both know.
    ///
    /// # Errors
    /// When there is no engine, we may not use it, or it does not speak the version that the user wants.
    pub fn connect(endpoint: &Endpoint) -> Result<Self, Error> {
        let mut client = Self { endpoint: endpoint.clone(), version: String::new() };
        let answer = client.call(Request::new("GET", "/_ping"), &never)?;
        let theirs = answer.header("api-version").unwrap_or("1.24").to_owned();
        client.version = match &endpoint.api_version {
            Some(wanted) => wanted.trim_start_matches('v').to_owned(),
            None if parse_version(&theirs).is_none_or(|version| version > NEWEST) => {
                format!("{}.{}", NEWEST.0, NEWEST.1)
            }
            None => theirs,
        };
        Ok(client)
    }

    /// Where the engine is.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The version of the API that is spoken.
    pub fn api_version(&self) -> &str {
        &self.version
    }

    /// Whether the engine's API is of this version or newer.
    pub fn speaks(&self, major: u32, minor: u32) -> bool {
        parse_version(&self.version).is_some_and(|version| version >= (major, minor))
    }

    /// What a path answers.
    ///
    /// # Errors
    /// With the engine's words when it refuses, or when it cannot be reached.
    pub fn get(&self, path: &str) -> Result<Value, Error> {
        self.json(Request::new("GET", path), &never)
    }

    /// What a path answers; `None` where there is no such thing.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub fn find(&self, path: &str) -> Result<Option<Value>, Error> {
        match self.get(path) {
            Err(error) if error.is_missing() => Ok(None),
            other => other.map(Some),
        }
    }

    /// The answer of a path as it comes: logs, events, an archive.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub fn open(&self, path: &str) -> Result<Response, Error> {
        self.call(Request::new("GET", path), &never)
    }

    /// Posts JSON, or nothing with `Value::Null`; what is answered, `Null` where that is nothing.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub fn post(&self, hands: &mut Hands<'_>, path: &str, body: &Value) -> Result<Value, Error> {
        let request = Request::new("POST", path);
        self.send(hands, if body.is_null() { request } else { request.json(body) })
    }

    /// Deletes what a path names.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub fn delete(&self, hands: &mut Hands<'_>, path: &str) -> Result<Value, Error> {
        self.send(hands, Request::new("DELETE", path))
    }

    /// Sends any request that writes; what is answered, as JSON. Such an answer is waited for also when the run is
    /// interrupted: the engine goes on anyway, and what it did is told.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub fn send(&self, _: &mut Hands<'_>, request: Request<'_>) -> Result<Value, Error> {
        self.json(request, &never)
    }

    /// Sends any request that writes; the answer as it comes.
    ///
    /// # Errors
    /// As [`Client::get`], or when the run is interrupted.
    pub fn send_open(&self, hands: &mut Hands<'_>, request: Request<'_>) -> Result<Response, Error> {
        self.call(request, &|| hands.cancelled())
    }

    /// Sends a request of which the engine tells the progress, as of builds, pulls and pushes, and follows it to
    /// its end: `each` gets every value, and lines for the user are shown as they come.
    ///
    /// # Errors
    /// With the engine's words when the work fails, or when the run is interrupted.
    pub fn progress(
        &self,
        hands: &mut Hands<'_>,
        request: Request<'_>,
        mut each: impl FnMut(&Value),
    ) -> Result<(), Error> {
        // Work may be silent for long; whoever has enough interrupts the run.
        let request = request.patience(std::time::Duration::MAX);
        let mut lines = self.send_open(hands, request)?.lines();
        follow(&mut lines, hands, &mut each)
    }

    /// What any request that only reads answers, as JSON.
    pub(super) fn json_of(&self, request: Request<'_>) -> Result<Value, Error> {
        self.json(request, &never)
    }

    fn json(&self, request: Request<'_>, stop: &dyn Fn() -> bool) -> Result<Value, Error> {
        let limit = request.patience.or(Some(self.endpoint.timeout));
        let bytes = self.call(request, stop)?.bytes(Patience { limit, stop })?;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Value::Null);
        }
        let text = || Value::from(String::from_utf8_lossy(&bytes).into_owned());
        Ok(serde_json::from_slice(&bytes).unwrap_or_else(|_| text()))
    }

    /// Sends a request and reads the head of its answer; a status of 400 or more is an error.
    pub(super) fn call(&self, request: Request<'_>, stop: &dyn Fn() -> bool) -> Result<Response, Error> {
        let limit = request.patience.unwrap_or(self.endpoint.timeout);
        let patience = Patience { limit: Some(limit), stop };
        let mut wire = self.endpoint.open()?;
        let path = match self.version.as_str() {
            "" => request.path.clone(),
            version => format!("/v{version}{}", request.path),
        };
        let method = request.method;
        let what = format!("cannot talk to the engine at `{}`", self.endpoint.shown());
        let answer = wire
            .set_tick(Some(TICK))
            .and_then(|()| http::send(&mut wire, &self.endpoint.authority(), &path, request, patience))
            .and_then(|()| http::receive(wire, method, patience))
            .map_err(|error| self.advised(Error::io(&what, &error)))?;
        if answer.status < 400 { Ok(answer) } else { Err(refusal(answer)) }
    }
}

impl Client {
    /// Trouble with a connection, with what may be behind it.
    fn advised(&self, error: Error) -> Error {
        let is_tcp = matches!(self.endpoint.address, super::Address::Tcp(..));
        let ends = ["ended too early", "connection reset by peer", "broken pipe", "alert"];
        let cut = ends.iter().any(|end| error.message.contains(end));
        match &self.endpoint.tls {
            Some(tls) if cut && tls.client.is_none() => {
                error.hint("the engine may want a certificate of ours: `client_cert` and `client_key`")
            }
            None if cut && is_tcp => {
                error.hint("does the engine want TLS there? then say `tls: true`, or `validate_certs: true`")
            }
            _ => error,
        }
    }
}

fn parse_version(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// The engine's own words for why it refuses.
fn refusal(answer: Response) -> Error {
    let status = answer.status;
    let is_tls = answer.header("content-type").is_none_or(|kind| !kind.contains("json"));
    let limit = Some(std::time::Duration::from_secs(5));
    let bytes = answer.bytes(Patience { limit, stop: &never }).unwrap_or_default();
    let words = serde_json::from_slice::<Value>(&bytes).ok();
    let words = words.as_ref().and_then(|value| value.get("message")?.as_str()).map(str::to_owned);
    let words = words.unwrap_or_else(|| String::from_utf8_lossy(&bytes).trim().to_owned());
    let error = Error::refused(status, if words.is_empty() { format!("status {status}") } else { words });
    match is_tls && error.message.contains("HTTP request to an HTTPS server") {
        true => error
            .hint("the engine wants TLS: say `tls: true`, with `ca_path`, `client_cert` and `client_key`"),
        false => error,
    }
}

fn follow(lines: &mut Lines, hands: &mut Hands<'_>, each: &mut dyn FnMut(&Value)) -> Result<(), Error> {
    let mut shown = Shown::default();
    loop {
        let value = match lines.next()? {
            Next::Item(value) => value,
            Next::End => {
                shown.end(hands);
                return Ok(());
            }
            Next::Quiet if hands.cancelled() => return Err(Error::new("the run was interrupted")),
            Next::Quiet => continue,
        };
        each(&value);
        if let Some(words) = failure(&value) {
            shown.end(hands);
            return Err(Error::refused(500, words));
        }
        shown.show(hands, &value);
        if hands.cancelled() {
            shown.end(hands);
            return Err(Error::new("the run was interrupted"));
        }
    }
}

/// Why the work failed, if this value says so.
fn failure(value: &Value) -> Option<String> {
    let detail = value.pointer("/errorDetail/message").and_then(Value::as_str);
    detail.or_else(|| value.get("error")?.as_str()).map(|words| words.trim().to_owned())
}

/// Progress as lines for the user: what a build says, and the steps of layers without their bars.
#[derive(Default)]
struct Shown {
    open: String,
}

impl Shown {
    fn show(&mut self, hands: &mut Hands<'_>, value: &Value) {
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        if let Some(output) = text("stream") {
            self.open += output;
            while let Some((line, rest)) = self.open.split_once('\n') {
                hands.log(Stream::Stdout, line.trim_end_matches('\r'));
                self.open = rest.to_owned();
            }
        } else if let (Some(status), true) = (text("status"), value.get("progress").is_none()) {
            let layer = text("id").map(|id| format!("{id}: ")).unwrap_or_default();
            hands.log(Stream::Stdout, &format!("{layer}{status}"));
        }
    }

    fn end(&mut self, hands: &mut Hands<'_>) {
        if !self.open.is_empty() {
            hands.log(Stream::Stdout, &std::mem::take(&mut self.open));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_escaped_and_leave_off_what_is_empty() {
        assert_eq!(query("/build", &[("t", "a/b:c"), ("q", ""), ("x", "ä")]), "/build?t=a%2Fb%3Ac&x=%C3%A4");
        assert_eq!(query("/build", &[]), "/build");
    }

    #[test]
    fn versions_are_compared_by_number() {
        assert!(parse_version("1.9") < parse_version("1.41"));
        assert_eq!(parse_version("new"), None);
    }
}
