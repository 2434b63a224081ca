//! An example of `playbooks/`, copied and run as its README says.

use std::path::Path;

use rand::RngExt;

use super::parts::registry;
use crate::host::variable;
use crate::play::Ran;
use crate::test::Test;

/// A playbook with what is told to it.
#[derive(Clone)]
pub(super) struct Example {
    directory: &'static str,
    playbook: &'static str,
    args: Vec<String>,
}

/// A word that no other test has.
pub(super) fn unique(word: &str) -> String {
    format!("{word}-{:08x}", rand::rng().random::<u32>())
}

impl Example {
    pub(super) fn new(directory: &'static str, playbook: &'static str) -> Self {
        Self { directory, playbook, args: Vec::new() }
    }

    /// Words for the command line.
    pub(super) fn args<const N: usize>(mut self, args: [&str; N]) -> Self {
        self.args.extend(args.map(str::to_owned));
        self
    }

    /// A variable from the command line.
    pub(super) fn with(self, name: &str, value: &str) -> Self {
        self.args(["-e", &format!("{name}={value}")])
    }

    /// What the command line will be.
    pub(super) fn test(&self) -> Test {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("playbooks").join(self.directory);
        let mut test = Test::new().tree(&from).env("KUBECONFIG", &variable("KUBECONFIG"));
        if let Ok(socket) = std::env::var("DOCKER_HOST") {
            test = test.env("DOCKER_HOST", &socket);
        }
        based_here(test.path());
        test.args(["run", self.playbook, "--no-log", "--output", "json"]).args(self.args.clone())
    }

    /// Runs it; it must end with this status.
    #[track_caller]
    pub(super) fn ends(&self, status: i32) -> Ran {
        let ran = Ran::of(self.test().look());
        assert_eq!(ran.status, status, "{}", ran.told());
        ran
    }

    /// Runs it; something must change.
    #[track_caller]
    pub(super) fn changes(&self, host: &str) -> Ran {
        let ran = self.ends(0);
        assert!(ran.count(host, "changed") > 0, "nothing changed: {}", ran.told());
        ran
    }

    /// Runs it, and looks with check mode too; nothing may change.
    #[track_caller]
    pub(super) fn keeps(&self, host: &str) {
        for args in [&[][..], &["--check"][..]] {
            let mut again = self.clone();
            again.args.extend(args.iter().map(|word| (*word).to_owned()));
            let ran = again.ends(0);
            assert_eq!(ran.count(host, "changed"), 0, "{args:?}: it changed something: {}", ran.told());
        }
    }
}

/// A Dockerfile that takes its base from the open internet takes the lab's instead.
fn based_here(directory: &Path) {
    let path = directory.join("Dockerfile");
    if let Ok(text) = std::fs::read_to_string(&path) {
        let text = text.replace("FROM python:3.12-slim", &format!("FROM {}", variable("LAB_PYTHON")));
        std::fs::write(path, text).expect("a written Dockerfile");
    }
}

/// The repository of a test, and with the registry before it.
pub(super) fn repository(word: &str) -> (String, String) {
    let name = unique(word);
    (name.clone(), format!("{}/{name}", registry()))
}
