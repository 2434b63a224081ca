//! slurp

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::args::Return;
use crate::{Fail, Module, Target, args, returns};

args! {
    /// Read a file of the target into a result.
    pub struct Slurp as "slurp" {
        /// The file.
        #[alias("path")]
        src: std::path::PathBuf,
    }
}

returns! {
    /// The content in Base64: `| b64decode` gives it back.
    content: str,
    /// How the content is encoded: `base64`.
    encoding: str,
    /// The file.
    source: str,
}

impl Module for Slurp {
    const RETURNS: &'static [Return] = RETURNS;
    const EXAMPLES: &'static str = "\
- name: Read what is mounted
  ansible.builtin.slurp:
    src: /proc/mounts
  register: mounts
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let shown = self.src.display().to_string();
        let missing = || self.missing(target);
        let unreadable = |fail: Fail| Fail::new(format!("File is not readable: {}", fail.message));
        if target.stat(&self.src).map_err(unreadable)?.ok_or_else(missing)?.is_dir() {
            return Err(Fail::new(format!("Source is a directory and must be a file: {shown}")));
        }
        let content = target.read(&self.src).map_err(unreadable)?.ok_or_else(missing)?;
        target.set("content", STANDARD.encode(content));
        target.set("encoding", "base64");
        target.set("source", shown);
        Ok(())
    }
}

impl Slurp {
    /// Why there is nothing to read.
    fn missing(&self, target: &Target) -> Fail {
        let shown = self.src.display();
        let mut above = self.src.ancestors().skip(1);
        let is_file = |path: &std::path::Path| target.stat(path).ok().flatten().is_some_and(|m| m.is_file());
        match above.find(|path| is_file(path)) {
            Some(file) => {
                Fail::new(format!("Unable to slurp file: `{shown}`: not a directory: `{}`", file.display()))
            }
            None => Fail::new(format!("File not found: {shown}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Sandbox;

    #[test]
    fn gives_the_content_in_base64() {
        let sandbox = Sandbox::new("slurp").file("a", "hello\n");
        let values = sandbox.reads(json!({"src": sandbox.path("a")}));
        assert_eq!(values["content"], "aGVsbG8K");
        assert_eq!(values["encoding"], "base64");
    }

    #[test]
    fn a_missing_file_is_named() {
        let sandbox = Sandbox::new("slurp");
        let path = sandbox.path("nothing");
        assert_eq!(sandbox.fails(json!({"src": path})), format!("File not found: {path}"));
        let sandbox = sandbox.file("a", "").dir("d");
        let said = sandbox.fails(json!({"src": sandbox.path("a/b")}));
        assert!(said.starts_with("Unable to slurp file: "), "{said}");
        let said = sandbox.fails(json!({"src": sandbox.path("d")}));
        assert!(said.starts_with("Source is a directory and must be a file: "), "{said}");
    }
}
