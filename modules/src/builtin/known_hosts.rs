//! known_hosts

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::args::{Return, expand};
use crate::{Command, Fail, Module, Target, args, choices, files, returns};

args! {
    /// Have the key of a host in a file of known hosts, or not.
    ///
    /// `ssh-keygen` of the target finds the lines of a host, hashed ones too.
    pub struct KnownHosts as "known_hosts" {
        /// The host as it stands in the file: a name, an address, `[name]:port`.
        #[alias("host")]
        name: String,
        /// The line of the file, beginning with the host; without it, all lines of the host are removed.
        key: Option<String>,
        /// The file.
        path: PathBuf = "~/.ssh/known_hosts",
        /// Whether the host is written so that the file does not tell its name.
        hash_host: bool = false,
        /// Whether the key is to be there.
        state: State = "present",
    }
}

returns! {
    ..described,
    /// The file.
    path: path,
    /// The host.
    name: str,
    /// What changes in the file, with `before` and `after`.
    diff: dict,
}

choices! {
    /// Whether a key is to be there.
    pub enum State {
        /// There.
        Present = "present",
        /// Not there.
        Absent = "absent",
    }
}

impl Module for KnownHosts {
    const RETURNS: &'static [Return] = RETURNS;
    const EXAMPLES: &'static str = "\
- name: Know the host of the repository
  ansible.builtin.known_hosts:
    name: git.example.org
    key: git.example.org ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE…
    path: /etc/ssh/ssh_known_hosts
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let path = PathBuf::from(expand(&self.path.to_string_lossy(), target));
        let shown = path.display().to_string();
        let host = self.name.to_lowercase();
        let key = self.line(target, &host)?;
        let there = target.read(&path)?;
        let text = there.clone().unwrap_or_default();
        let found = match &there {
            Some(_) => find(target, &host, &path, key.as_deref())?,
            None => Found::default(),
        };
        let mut lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
        for at in found.drop.iter().rev() {
            // A key that is there as it should be stays, unless it is to go.
            if (self.state == State::Absent || !found.same) && (1..=lines.len()).contains(at) {
                lines.remove(at - 1);
            }
        }
        let mut after = lines.concat();
        if let (State::Present, false, Some(key)) = (self.state, found.same, &key) {
            if !after.is_empty() && !after.ends_with(b"\n") {
                after.push(b'\n');
            }
            after.extend_from_slice(key.as_bytes());
        }
        let before_header = if there.is_some() { shown.as_str() } else { "/dev/null" };
        target.set("path", shown.as_str());
        target.set("name", self.name.as_str());
        target.set("hash_host", self.hash_host);
        target.set("key", self.key.clone());
        // ansible: told always, whether differences were asked for or not.
        let diff = json!({"before": String::from_utf8_lossy(&text), "after": String::from_utf8_lossy(&after), "before_header": before_header, "after_header": shown});
        target.set("diff", diff);
        if there.is_some() || !after.is_empty() {
            target.change(&shown, there, after.as_slice(), |hands| hands.write(&path, &after))?;
        }
        files::describe(target, &path)?.into_iter().for_each(|(name, value)| target.set(&name, value));
        Ok(())
    }
}

impl KnownHosts {
    /// The line to have in the file.
    fn line(&self, target: &mut Target, host: &str) -> Result<Option<String>, Fail> {
        let Some(key) = self.key.as_deref().filter(|key| !key.is_empty()) else {
            return match self.state {
                State::Present => Err(Fail::new("No key specified when adding a host")),
                State::Absent => Ok(None),
            };
        };
        // ansible: the words of both mistakes are looked for.
        if host.contains(',') {
            return Err(Fail::new(
                "Comma separated list of names is not supported. Please pass a single name to lookup in the \
                 known_hosts file.",
            ));
        }
        let mut key = if self.hash_host { hashed(host, key)? } else { key.to_owned() };
        if !key.ends_with('\n') {
            key.push('\n');
        }
        let look = Command::new("ssh-keygen").args(["-F", host, "-f", "/dev/stdin"]).stdin(key.as_bytes());
        if target.query(&look)?.stdout.is_empty() {
            return Err(Fail::new("Host parameter does not match hashed host field in supplied key"));
        }
        Ok(Some(key))
    }
}

/// What a file has of a host.
#[derive(Default)]
struct Found {
    /// Numbers of the lines that the key takes the place of, or that are to go.
    drop: Vec<usize>,
    /// Whether the key is there as it is.
    same: bool,
}

/// Looks a host up in a file.
fn find(target: &mut Target, host: &str, path: &Path, key: Option<&str>) -> Result<Found, Fail> {
    let output = target.query(&Command::new("ssh-keygen").args(["-F", host, "-f"]).arg(path))?;
    if output.rc != 0 && !(output.stdout.is_empty() && output.stderr.is_empty() && output.rc == 1) {
        let said = output.errors();
        return Err(Fail::new(format!("`ssh-keygen` failed with exit code {}: {}", output.rc, said.trim())));
    }
    let (mut found, mut at) = (Found::default(), 0);
    for line in output.text().lines().filter(|line| !line.is_empty()) {
        if line.starts_with('#') {
            // `# Host a found: line 5`, and perhaps `CA` behind it.
            let number = line.rsplit("line ").next().and_then(|rest| rest.split_whitespace().next());
            at = number.and_then(|number| number.parse().ok()).unwrap_or_default();
            continue;
        }
        let Some(key) = key else {
            found.drop.push(at);
            continue;
        };
        let (wanted, there) = (Entry::of(key), Entry::of(line));
        if wanted == there {
            return Ok(Found { drop: vec![at], same: true });
        }
        let marked = there.as_ref().is_some_and(|entry| matches!(entry.marker, Some(m) if m != "@revoke"));
        let kind = |entry: &Option<Entry>| entry.as_ref().map(|entry| entry.kind.to_owned());
        if !marked && kind(&wanted) == kind(&there) {
            return Ok(Found { drop: vec![at], same: false });
        }
    }
    Ok(found)
}

/// A line of the file, taken apart.
struct Entry<'a> {
    marker: Option<&'a str>,
    host: &'a str,
    kind: &'a str,
    key: &'a str,
}

impl<'a> Entry<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let mut words = line.split_whitespace().peekable();
        let marker = words.next_if(|word| word.starts_with('@'));
        Some(Self { marker, host: words.next()?, kind: words.next()?, key: words.next()? })
    }
}

impl PartialEq for Entry<'_> {
    fn eq(&self, other: &Self) -> bool {
        // Each hash of a name is another one.
        let hashed = self.host.starts_with("|1|") && other.host.starts_with("|1|");
        let same = (self.marker, self.kind, self.key) == (other.marker, other.kind, other.key);
        same && (hashed || self.host == other.host)
    }
}

/// The line with its host hashed: `|1|salt|HMAC-SHA1`.
fn hashed(host: &str, key: &str) -> Result<String, Fail> {
    let mut salt = [0; 20];
    rustls::crypto::ring::default_provider()
        .secure_random
        .fill(&mut salt)
        .map_err(|_| Fail::new("the system gives no random numbers"))?;
    let name = format!("|1|{}|{}", STANDARD.encode(salt), STANDARD.encode(hmac_sha1(&salt, host.as_bytes())));
    let at = usize::from(key.starts_with('@'));
    let words = key.split_whitespace().enumerate();
    Ok(words.map(|(n, word)| if n == at { name.as_str() } else { word }).collect::<Vec<_>>().join(" "))
}

fn hmac_sha1(key: &[u8; 20], text: &[u8]) -> Vec<u8> {
    use sha1::Digest;
    let block = |with: u8| {
        let mut block = [with; 64];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = sha1::Sha1::new().chain_update(block(0x36)).chain_update(text).finalize();
    sha1::Sha1::new().chain_update(block(0x5c)).chain_update(inner).finalize().to_vec()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Sandbox;

    const KEY: &str = "a.example ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGtLyQ";

    /// A `ssh-keygen` that finds lines beginning with the host, and hashed ones.
    const TOOL: &str = r##"
awk -v host="$2" 'index($0, host " ") == 1 || /^\|1\|/ { print "# Host " host " found: line " NR; print }' "$4" |
  grep . || exit 1"##;

    fn sandbox(text: &str) -> Sandbox {
        Sandbox::new("known_hosts").tool("ssh-keygen", TOOL).file("known", text)
    }

    #[test]
    fn a_key_is_added_replaced_and_removed() {
        let sandbox = sandbox("# mine\nb.example ssh-rsa X\n");
        let path = sandbox.path("known");
        sandbox.converges(json!({"name": "a.example", "key": KEY, "path": path}));
        assert_eq!(sandbox.text("known"), format!("# mine\nb.example ssh-rsa X\n{KEY}\n"));
        let other = KEY.replace("GtLyQ", "other");
        sandbox.converges(json!({"name": "a.example", "key": other, "path": path}));
        assert_eq!(sandbox.text("known"), format!("# mine\nb.example ssh-rsa X\n{other}\n"));
        sandbox.keeps(
            json!({"name": "a.example", "key": "a.example ssh-rsa Y", "path": path, "state": "absent"}),
        );
        sandbox.converges(json!({"name": "a.example", "path": path, "state": "absent"}));
        assert_eq!(sandbox.text("known"), "# mine\nb.example ssh-rsa X\n");
    }

    #[test]
    fn what_others_wrote_stays_byte_for_byte() {
        let sandbox = sandbox("");
        let path = sandbox.at("known");
        std::fs::write(&path, b"# caf\xe9\na.example ssh-ed25519 OLD\r\n# last").unwrap();
        let reply = sandbox.converges(json!({"name": "a.example", "key": KEY, "path": path}));
        let wanted = [b"# caf\xe9\n# last\n", KEY.as_bytes(), b"\n"].concat();
        assert_eq!(std::fs::read(&path).unwrap(), wanted);
        assert_eq!(reply.values["state"], "file");
    }

    #[test]
    fn a_hashed_host_is_found_again() {
        let sandbox = sandbox("");
        let args = json!({"name": "a.example", "key": KEY, "path": sandbox.path("known"), "hash_host": true});
        let reply = sandbox.run(args.clone());
        assert_eq!(reply.failure, None);
        let text = sandbox.text("known");
        assert!(
            text.starts_with("|1|") && text.ends_with("GtLyQ\n") && !text.contains("a.example"),
            "{text}"
        );
        sandbox.keeps(args);
    }

    #[test]
    fn a_key_of_another_host_is_refused() {
        let sandbox = sandbox("");
        let said = sandbox.fails(json!({"name": "c.example", "key": KEY, "path": sandbox.path("known")}));
        assert_eq!(said, "Host parameter does not match hashed host field in supplied key");
    }

    #[test]
    fn the_hash_is_that_of_rfc_2202() {
        let digest = super::hmac_sha1(&[0x0b; 20], b"Hi There");
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest, "b617318655057264e28bc0b6fb378c8ef146be00");
    }
}
