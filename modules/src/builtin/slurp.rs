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
        let missing = || Fail::new(format!("file not found: `{shown}`"));
        if target.stat(&self.src)?.ok_or_else(missing)?.is_dir() {
            return Err(Fail::new(format!("source is a directory and must be a file: `{shown}`")));
        }
        let content = target.read(&self.src)?.ok_or_else(missing)?;
        target.set("content", STANDARD.encode(content));
        target.set("encoding", "base64");
        target.set("source", shown);
        Ok(())
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
        assert_eq!(sandbox.fails(json!({"src": path})), format!("file not found: `{path}`"));
    }
}
