//! tempfile

use std::path::PathBuf;

use crate::args::{CheckSupport, Return};
use crate::{Fail, Module, Target, args, choices, files, returns};

args! {
    /// Make a file or directory with a name of its own.
    pub struct Tempfile as "tempfile" {
        /// Which of both.
        state: State = "file",
        /// The directory to make it in; else that of the system.
        path: Option<PathBuf>,
        /// How its name begins.
        prefix: String = "ansible.",
        /// How its name ends.
        suffix: String = "",
    }
}

returns! {
    /// The file or directory that was made.
    path: path,
    /// The number of the owner.
    uid: int,
    /// The permissions, as `0600`.
    mode: str,
    /// What it is.
    state: str,
}

choices! {
    /// What is to be made.
    pub enum State {
        /// A file.
        File = "file",
        /// A directory.
        Directory = "directory",
    }
}

impl Module for Tempfile {
    const RETURNS: &'static [Return] = RETURNS;
    const EXAMPLES: &'static str = "\
- name: Make a place to build in
  ansible.builtin.tempfile:
    state: directory
    suffix: build
  register: build
";
    const CHECK: CheckSupport = CheckSupport::None("the name is not known before it is made");

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        for (option, part) in [("prefix", &self.prefix), ("suffix", &self.suffix)] {
            if part.contains(['/', '\0']) {
                return Err(Fail::new(format!("{option} must be a valid file name component: `{part}`")));
            }
        }
        let directory = self
            .path
            .clone()
            .unwrap_or_else(|| target.env("TMPDIR").map_or_else(|| PathBuf::from("/tmp"), PathBuf::from));
        let is_dir = self.state == State::Directory;
        let made =
            target.perform(|hands| hands.make_temporary(&directory, &self.prefix, &self.suffix, is_dir))?;
        let Some(path) = made else { return Ok(()) };
        target.set("path", path.display().to_string());
        for (name, value) in files::describe(target, &path)? {
            target.set(&name, value);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Sandbox;

    #[test]
    fn makes_a_private_directory() {
        let sandbox = Sandbox::new("tempfile").dir("t");
        let args = json!({"path": sandbox.path("t"), "state": "directory", "prefix": "a", "suffix": "z"});
        let reply = sandbox.performs(args);
        let path = reply.values["path"].as_str().unwrap();
        let name = path.strip_prefix(&sandbox.path("t/")).unwrap();
        assert!(name.starts_with('a') && name.ends_with('z'), "{name}");
        assert_eq!((&reply.values["mode"], &reply.values["state"]), (&json!("0700"), &json!("directory")));
    }

    #[test]
    fn a_name_stays_in_its_directory() {
        let sandbox = Sandbox::new("tempfile").dir("t");
        let said = sandbox.fails(json!({"path": sandbox.path("t"), "prefix": "../x"}));
        assert_eq!(said, "prefix must be a valid file name component: `../x`");
        let said = sandbox.fails(json!({"path": sandbox.path("t"), "suffix": "/x", "state": "directory"}));
        assert_eq!(said, "suffix must be a valid file name component: `/x`");
    }
}
