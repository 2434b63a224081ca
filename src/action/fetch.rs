//! fetch

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use baton_modules::args;
use baton_modules::wire::{BodyInfo, Change};
use parking_lot::Mutex;
use serde_json::{Value as Json, json};

use crate::connection::Bodies;

use super::{Answer, Arguments, Done, Invocation, module::parse};

args! {
    /// Bring a file of the target to the controller.
    pub(crate) struct Fetch as "fetch" {
        /// The file on the target.
        src: String,
        /// A directory of the controller: files go beneath it by host and path.
        dest: String,
        /// Fail when there is no such file.
        fail_on_missing: bool = "true",
        /// Take `dest` as the file itself; ending in `/`, as its directory.
        flat: bool = "false",
        /// Compare checksums after the transfer.
        validate_checksum: bool = "true",
        ..ignored: baton_modules::args::Map<String, Json>,
    }
}

pub(super) async fn run(invocation: &Invocation) -> Done {
    let args = invocation.arguments()?;
    let given = |name: &str| args.get(name).filter(|value| !value.is_null());
    if invocation.check {
        // ansible: nothing is fetched in check mode.
        let said = "check mode not (yet) supported for this module";
        return Ok(Answer::skipped(said).with("msg", said));
    }
    // ansible: these words are looked for.
    if given("src").is_none() || given("dest").is_none() {
        return Ok(Answer::failed("src and dest are required"));
    }
    if given("src").is_some_and(|src| !src.is_string()) {
        return Ok(Answer::failed("Invalid type supplied for source option, it must be a string"));
    }
    let args: Fetch = parse(&args)?;
    let dest = destination(&args, &invocation.host);
    if dest.is_dir() {
        let shown = dest.display();
        return Ok(Answer::failed(if dest == Path::new(&args.dest) {
            "dest is an existing directory, use a trailing slash if you want to fetch src into that directory"
                .to_owned()
        } else {
            format!("calculated dest '{shown}' is an existing directory")
        }));
    }
    let known = std::fs::read(&dest).ok().map(|bytes| sha1_of(&bytes));
    let mut ask = Arguments::new();
    ask.insert("src".into(), args.src.clone().into());
    ask.insert("_known".into(), known.clone().map_or(Json::Null, Json::from));
    let received = Arc::new(Received::beside(&dest));
    let mut answer = invocation.call_with("fetch", ask, received.clone()).await;
    let missing = answer.values.shift_remove("missing") == Some(Json::Bool(true));
    answer.values.shift_remove("size");
    if !answer.succeeded() || missing {
        answer.values.insert("file".into(), args.src.into());
        if missing && args.fail_on_missing {
            let said = answer.values.get("msg").and_then(Json::as_str).unwrap_or_default().to_owned();
            return Ok(Answer { failure: Some(said), ..answer });
        }
        return Ok(answer);
    }
    let checksum = answer.values.get("checksum").and_then(Json::as_str).map(str::to_owned);
    answer.values.insert("dest".into(), dest.display().to_string().into());
    if known.is_some() && known == checksum {
        answer.values.insert("file".into(), args.src.into());
        return Ok(answer);
    }
    let checked = checksum.as_deref().filter(|_| args.validate_checksum);
    if let Err(error) = received.keep(&dest, checked) {
        return Ok(Answer::failed(format!("could not write `{}`: {error}", dest.display())));
    }
    answer.change = Change::Yes;
    answer.values.insert("remote_checksum".into(), json!(checksum));
    answer.values.insert("remote_md5sum".into(), Json::Null);
    Ok(answer)
}

/// Where the file goes: `dest/host/path`, or with `flat` just `dest`.
fn destination(args: &Fetch, host: &str) -> PathBuf {
    let name = Path::new(&args.src).file_name().unwrap_or_default();
    let dest = Path::new(&args.dest);
    if !args.flat {
        return dest.join(host).join(args.src.trim_start_matches('/'));
    }
    if args.dest.ends_with('/') { dest.join(name) } else { dest.to_owned() }
}

/// A file on its way here: written beside its destination, renamed when it is whole.
struct Received {
    directory: PathBuf,
    file: Mutex<Option<tempfile::NamedTempFile>>,
}

impl Received {
    fn beside(dest: &Path) -> Self {
        let directory = dest.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Self { directory: directory.to_owned(), file: Mutex::default() }
    }

    /// Puts the file in its place, if it has the checksum.
    fn keep(&self, dest: &Path, checksum: Option<&str>) -> io::Result<()> {
        let Some(file) = self.file.lock().take() else { return Err(io::Error::other("it did not come")) };
        if checksum
            .is_some_and(|wanted| std::fs::read(file.path()).is_ok_and(|bytes| sha1_of(&bytes) != wanted))
        {
            return Err(io::Error::other("it changed while it was fetched"));
        }
        file.as_file().sync_all()?;
        file.persist(dest).map(drop).map_err(|e| e.error)
    }
}

impl Bodies for Received {
    fn offered(&self) -> Vec<BodyInfo> {
        Vec::new()
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send>> {
        Err(io::Error::new(io::ErrorKind::NotFound, format!("`{name}` is not offered")))
    }

    fn create(&self, _: &str) -> io::Result<Box<dyn Write + Send>> {
        std::fs::create_dir_all(&self.directory)?;
        let file = tempfile::NamedTempFile::new_in(&self.directory)?;
        let writer = file.reopen()?;
        *self.file.lock() = Some(file);
        Ok(Box::new(writer))
    }
}

fn sha1_of(bytes: &[u8]) -> String {
    use sha1::Digest;
    super::local_files::hex(&sha1::Sha1::digest(bytes))
}
