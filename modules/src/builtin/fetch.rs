//! fetch

use std::path::PathBuf;

use crate::args::{CheckSupport, Return};
use crate::checksum::Summing;
use crate::{Fail, Module, Target, args, returns};

args! {
    /// Send a file of the target to the controller; the action of the same name keeps it there.
    pub struct Fetch as "fetch" {
        /// The file.
        src: PathBuf,
        /// The SHA-1 of what the controller has already: the same content is not sent.
        _known: Option<String>,
    }
}

returns! {
    /// The SHA-1 of the content.
    checksum: str if "the file exists",
    /// The size in bytes.
    size: int if "the file exists",
    /// Whether there is no such file, or a directory in its place.
    missing: bool,
}

impl Module for Fetch {
    const RETURNS: &'static [Return] = RETURNS;
    const CHECK: CheckSupport = CheckSupport::Skipped("what would come may not be there yet");
    const EXAMPLES: &'static str = "\
- name: Bring the log of every host here
  ansible.builtin.fetch:
    src: /var/log/dpkg.log
    dest: logs/
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let shown = self.src.display().to_string();
        // Where somebody may not even look, there is nothing to fetch.
        let opened = std::fs::File::open(&self.src);
        if opened.is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied) {
            let words = "File is not readable: Permission denied, not transferring, ignored";
            target.set("missing", true);
            target.set("msg", words);
            return Ok(());
        }
        let Some(meta) = target.stat(&self.src)? else {
            target.set("missing", true);
            target.set("msg", "the remote file does not exist, not transferring, ignored");
            return Ok(());
        };
        if meta.is_dir() {
            target.set("missing", true);
            target.set("msg", "remote file is a directory, fetch cannot work on directories");
            return Ok(());
        }
        let missing = || Fail::new(format!("file not found: `{shown}`"));
        let mut file = target.open(&self.src)?.ok_or_else(missing)?;
        let sums = Summing::of(&mut file).map_err(|e| Fail::io(format!("cannot read `{shown}`"), &e))?;
        let checksum = sums.sha1;
        if self._known.as_deref() != Some(checksum.as_str()) {
            let mut file = target.open(&self.src)?.ok_or_else(missing)?;
            target.send_body("content", &mut file)?;
        }
        target.set("checksum", checksum);
        target.set("md5sum", sums.md5);
        target.set("size", meta.len());
        target.set("missing", false);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Sandbox;

    #[test]
    fn reads_the_checksum_and_size() {
        let sandbox = Sandbox::new("fetch").file("a", "hello\n");
        let values = sandbox.reads(json!({"src": sandbox.path("a")}));
        assert_eq!(values["checksum"], "f572d396fae9206628714fb2ce00f72e94f2258f");
        assert_eq!(values["size"], 6);
    }

    #[test]
    fn a_missing_file_is_no_failure_here() {
        let sandbox = Sandbox::new("fetch");
        assert_eq!(sandbox.reads(json!({"src": sandbox.path("nothing")}))["missing"], true);
    }
}
