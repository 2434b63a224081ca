//! get_url

use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::args::{Return, expand};
use crate::checksum::Algorithm;
use crate::files::{self, FileAttributes};
use crate::target::Replace;
use crate::web::{Request, Response};
use crate::{Fail, Module, Side, Target, args, returns};

args! {
    /// Bring a page or file of the web to the target.
    pub struct GetUrl as "get_url" {
        /// Where it is: HTTP, HTTPS or `file://`.
        url: String,
        /// The file to write; a directory gets a file of the page's name.
        dest: PathBuf,
        /// Get it though a file is there, and write it if it differs.
        #[alias("thirsty")]
        force: bool = false,
        /// `algorithm:digest`, or `algorithm:URL` of a list of digests, that it must have.
        checksum: String = "",
        /// Keep a copy of a file before it is replaced.
        backup: bool = false,
        /// Unpack what the server packed on the way.
        decompress: bool = true,
        /// Where to write while it comes; it comes beside the file anyhow.
        tmp_dest: Option<PathBuf>,
        /// Whether a login of the user's `~/.netrc`, or of the file that `NETRC` names, is used where none is given.
        use_netrc: bool = true,
        ..request: Request,
        ..attributes: FileAttributes,
    }
}

returns! {
    /// The file.
    dest: path,
    /// Where it came from.
    url: str,
    /// What the server said, in words.
    msg: str,
    /// The status of the server's answer.
    status_code: int,
    /// The SHA-1 of the file.
    checksum_dest: str if "the file is there",
    /// The SHA-1 of what came.
    checksum_src: str if "something came",
    /// The copy that was kept.
    backup_file: path if "with `backup`, when a file was replaced",
    /// How many seconds it took.
    elapsed: int,
    /// The permissions, as `0644`.
    mode: str if "the file is there",
    /// The size in bytes.
    size: int if "the file is there",
}

impl Module for GetUrl {
    const RETURNS: &'static [Return] = RETURNS;
    const EXAMPLES: &'static str = "\
- name: Bring an archive and make sure of it
  ansible.builtin.get_url:
    url: https://example.org/app.tar.gz
    dest: /opt/app.tar.gz
    checksum: sha256:b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c
    mode: '0640'
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let started = std::time::Instant::now();
        let (request, url) = match self.url.starts_with("file://") {
            true => (self.request.clone(), self.url.clone()),
            false => self.request.logged_in(&self.url, self.use_netrc.then(|| netrc(target)).as_deref()),
        };
        // What is told of the address has no password in it.
        let this = Self { request, url, ..self };
        target.set("url", this.url.as_str());
        this.get(target, started)
    }
}

/// The user's file of logins.
fn netrc(target: &Target) -> PathBuf {
    let file = target.env("NETRC").filter(|file| !file.is_empty());
    PathBuf::from(expand(file.as_deref().unwrap_or("~/.netrc"), target))
}

impl GetUrl {
    fn get(self, target: &mut Target, started: std::time::Instant) -> Result<(), Fail> {
        let expected = self.expected()?;
        let dest = self.file(target)?;
        target.set("dest", dest.display().to_string());
        let there = target.stat(&dest)?;
        if there.is_some() && !self.force && self.is_right(target, &dest, expected.as_ref())? {
            self.attributes.apply(target, &dest)?;
            target.set("msg", "file already exists");
            return self.report(target, &dest);
        }
        let newer = expected.is_none() && !self.force;
        let since = there.as_ref().filter(|_| newer).and_then(|meta| meta.modified().ok());
        let mut response = self.open(since)?;
        target.set("status_code", response.status);
        target.set("elapsed", started.elapsed().as_secs());
        if response.status == 304 {
            self.attributes.apply(target, &dest)?;
            target.set("msg", "HTTP Error 304: Not Modified");
            return self.report(target, &dest);
        }
        if !(200..300).contains(&response.status) {
            let words = format!("HTTP Error {}: {}", response.status, response.reason);
            let fail = Fail::new("Request failed").with("exception", words.as_str());
            return Err(fail.with("response", words).with("status_code", response.status));
        }
        let mut content = Vec::new();
        response
            .body
            .read_to_end(&mut content)
            .map_err(|e| Fail::io(format!("cannot read `{}`", self.url), &e))?;
        self.keep(target, &dest, content, expected.as_ref())?;
        let size = response
            .headers
            .iter()
            .find(|(name, _)| name == "content-length")
            .map_or("unknown", |(_, size)| size);
        target.set("msg", format!("OK ({size} bytes)"));
        self.report(target, &dest)
    }

    /// The file to write: in a directory it has the name of the page.
    fn file(&self, target: &Target) -> Result<PathBuf, Fail> {
        if target.stat(&self.dest)?.is_some_and(|meta| meta.is_dir()) {
            let path = self.url.split(['?', '#']).next().unwrap_or_default();
            let name = path.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("index.html");
            return Ok(self.dest.join(name));
        }
        match self.dest.parent() {
            Some(parent) if !parent.as_os_str().is_empty() && target.stat(parent)?.is_none() => {
                Err(Fail::new(format!("Destination {} does not exist", parent.display())))
            }
            _ => Ok(self.dest.clone()),
        }
    }

    fn open(&self, since: Option<std::time::SystemTime>) -> Result<Response, Fail> {
        let Some(path) = self.url.strip_prefix("file://") else { return self.request.get(&self.url, since) };
        let file = std::fs::File::open(path).map_err(|e| Fail::io(format!("cannot open `{path}`"), &e))?;
        Ok(Response { status: 200, reason: "OK".into(), headers: Vec::new(), body: Box::new(file) })
    }

    /// The digest of `checksum`, looked up in a list where it names one.
    fn expected(&self) -> Result<Option<Expected>, Fail> {
        if self.checksum.is_empty() {
            return Ok(None);
        }
        let wrong = || {
            Fail::new(format!(
                "the checksum parameter has to be in format <algorithm>:<checksum>: {}",
                self.checksum
            ))
        };
        let (name, digest) = self.checksum.split_once(':').ok_or_else(wrong)?;
        let algorithm = [
            Algorithm::Md5,
            Algorithm::Sha1,
            Algorithm::Sha224,
            Algorithm::Sha256,
            Algorithm::Sha384,
            Algorithm::Sha512,
        ]
        .into_iter()
        .find(|known| known.as_str() == name.to_lowercase())
        .ok_or_else(wrong)?;
        let digest = if digest.contains("://") { self.listed(digest)? } else { digest.trim().to_lowercase() };
        Ok(Some(Expected { algorithm, digest }))
    }

    /// The digest of this file in a list of digests.
    fn listed(&self, url: &str) -> Result<String, Fail> {
        let mut text = String::new();
        let list = GetUrl { url: url.to_owned(), ..self.clone() };
        let mut response = list.open(None)?;
        if !(200..300).contains(&response.status) {
            let fail = Fail::new("Request failed").with("status_code", response.status).with("url", url);
            return Err(fail.with("response", format!("HTTP Error {}: {}", response.status, response.reason)));
        }
        response.body.read_to_string(&mut text).map_err(|e| Fail::io(format!("cannot read `{url}`"), &e))?;
        let path = self.url.split(['?', '#']).next().unwrap_or_default();
        let name = path.rsplit('/').next().unwrap_or_default();
        let fields = |line: &str| {
            // As BSD writes them: `SHA256 (file) = digest`.
            if let Some((file, digest)) = line.split_once(") = ") {
                let file = file.split_once(" (").map(|(_, file)| file.trim_start_matches("./").to_owned());
                return Some((digest.trim().to_lowercase(), file));
            }
            let mut words = line.split_whitespace();
            let digest = words.next()?.to_lowercase();
            Some((digest, words.next().map(|word| word.trim_start_matches(['*', '.', '/']).to_owned())))
        };
        let lines: Vec<_> = text.lines().filter_map(fields).collect();
        let named = lines
            .iter()
            .find(|(_, file)| file.as_deref().is_some_and(|f| f.rsplit('/').next() == Some(name)));
        match (named, lines.as_slice()) {
            (Some((digest, _)), _) | (None, [(digest, None)]) => Ok(digest.clone()),
            _ => Err(Fail::new(format!("Unable to find a checksum for file '{name}' in '{url}'"))),
        }
    }

    /// Whether the file that is there need not be got again.
    fn is_right(&self, target: &Target, dest: &Path, expected: Option<&Expected>) -> Result<bool, Fail> {
        let Some(expected) = expected else { return Ok(false) };
        let Some(file) = target.open(dest)? else { return Ok(false) };
        let digest = expected.algorithm.of(file).map_err(|e| Fail::io("cannot read the file", &e))?;
        Ok(digest == expected.digest)
    }

    fn keep(
        &self,
        target: &mut Target,
        dest: &Path,
        content: Vec<u8>,
        expected: Option<&Expected>,
    ) -> Result<(), Fail> {
        if let Some(expected) = expected {
            let digest =
                expected.algorithm.of(&content[..]).map_err(|e| Fail::io("cannot read what came", &e))?;
            if digest != expected.digest {
                let words = format!(
                    "The checksum for {} did not match {}; it was {digest}.",
                    dest.display(),
                    expected.digest
                );
                return Err(Fail::new(words));
            }
        }
        target.set("checksum_src", crate::checksum::sha1(&content));
        let hidden = |bytes: &[u8]| Side::Hidden(crate::checksum::sha256(bytes));
        let before = target.read(dest)?;
        let keep = self.backup && before.is_some();
        let how = Replace { ..self.attributes.how(target, dest)? };
        let before = before.map_or(Side::Absent, |bytes| hidden(&bytes));
        let made = target.change(&dest.display().to_string(), before, hidden(&content), |hands| {
            let copy = if keep { Some(hands.backup(dest)?) } else { None };
            hands.replace(dest, &mut content.as_slice(), &how)?;
            Ok(copy)
        })?;
        if let Some(copy) = made.done().flatten() {
            target.set("backup_file", copy.display().to_string());
        }
        self.attributes.apply(target, dest)?;
        Ok(())
    }

    fn report(&self, target: &mut Target, dest: &Path) -> Result<(), Fail> {
        let Some(bytes) = target.read(dest)? else { return Ok(()) };
        target.set("checksum_dest", crate::checksum::sha1(&bytes));
        target
            .set("md5sum", Algorithm::Md5.of(&bytes[..]).map_err(|e| Fail::io("cannot read the file", &e))?);
        for (name, value) in files::describe(target, dest)? {
            target.set(&name, value);
        }
        target.set("src", json!(null));
        Ok(())
    }
}

/// A digest that the content must have.
struct Expected {
    algorithm: Algorithm,
    digest: String,
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;

    use serde_json::json;

    use crate::testing::Sandbox;

    /// A server that answers everything alike, and 404 for `/missing`; its address.
    fn server(body: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let first = lines.next().unwrap().unwrap();
                let rest: Vec<String> =
                    lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
                let fresh = rest.iter().any(|line| line.to_lowercase().starts_with("if-modified-since"));
                let status = if first.contains("/missing") {
                    "404 Not Found"
                } else if fresh {
                    "304 Not Modified"
                } else {
                    "200 OK"
                };
                let body = if fresh { "" } else { body };
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                );
            }
        });
        address
    }

    #[test]
    fn a_page_is_kept_and_not_written_again() {
        let url = server("hello\n") + "/a.txt?x=1";
        let sandbox = Sandbox::new("get_url").dir("d");
        let reply = sandbox.converges(json!({"url": url, "dest": sandbox.path("d"), "mode": "0600"}));
        assert_eq!(sandbox.text("d/a.txt"), "hello\n");
        assert_eq!(sandbox.mode("d/a.txt"), 0o600);
        assert_eq!(reply.values["status_code"], 200);
    }

    #[test]
    fn what_has_another_checksum_is_refused() {
        let url = server("hello\n") + "/a";
        let sandbox = Sandbox::new("get_url");
        let said = sandbox.fails(json!({"url": url, "dest": sandbox.path("a"), "checksum": "sha1:00"}));
        assert!(said.starts_with("The checksum for "), "{said}");
        let good = "sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
        sandbox.converges(json!({"url": url, "dest": sandbox.path("a"), "checksum": good}));
    }

    #[test]
    fn a_page_that_is_missing_is_told_with_its_status() {
        let sandbox = Sandbox::new("get_url");
        let reply = sandbox.run(json!({"url": server("") + "/missing", "dest": sandbox.path("a")}));
        let told = (reply.failure.as_deref(), &reply.values["response"], &reply.values["status_code"]);
        assert_eq!(told, (Some("Request failed"), &json!("HTTP Error 404: Not Found"), &json!(404)));
        let refused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let said = sandbox.fails(json!({"url": format!("http://{refused}/"), "dest": sandbox.path("a")}));
        assert_eq!(said, "Request failed: <urlopen error [Errno 111] Connection refused>");
    }
}
