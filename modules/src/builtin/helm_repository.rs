//! helm_repository

use serde_json::json;

use crate::args::{Return, Secret};
use crate::kubernetes::helm::{Helm, Tool};
use crate::kubernetes::text;
use crate::{Fail, Module, Side, Target, args, choices, returns};

args! {
    /// Add or remove a repository of charts, by the `helm` command of the target.
    pub struct HelmRepository as "helm_repository" {
        /// The name of the repository.
        #[alias("name")]
        repo_name: String,
        /// Its address; needed with `state: present`.
        #[alias("url")]
        repo_url: Option<String>,
        /// The user to log in as.
        #[alias("username")]
        repo_username: Option<String>,
        /// The password to log in with.
        #[alias("password")]
        repo_password: Option<Secret>,
        /// Whether it should be there.
        #[alias("state")]
        repo_state: State = "present",
        /// Give the login to all hosts that the repository names.
        pass_credentials: bool = false,
        /// Take the place of a repository of this name.
        #[alias("force")]
        force_update: bool = false,
        /// Take any certificate.
        #[alias("skip_tls_certs_check")]
        insecure_skip_tls_verify: bool = false,
        ..helm: Helm,
    }
    rules [
        RequiredTogether(&["repo_username", "repo_password"]),
        RequiredIf("repo_state", "present", &["repo_url"]),
    ]
}

returns! {
    /// What helm wrote.
    stdout: str if "helm changed something",
    /// What helm complained of.
    stderr: str if "helm changed something",
}

choices! {
    /// Whether it should be there.
    pub enum State {
        Present = "present",
        Absent = "absent",
    }
}

impl Module for HelmRepository {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "kubernetes.core";
    const EXAMPLES: &'static str = "\
- name: Know the charts of our own registry
  kubernetes.core.helm_repository:
    name: ours
    repo_url: https://charts.example.org
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let tool = Tool::find(target, self.helm.binary_path.as_ref())?;
        let name = &self.repo_name;
        // Without any repository helm fails.
        let all = tool.ask(target, &["repo", "list", "--output", "json"])?.unwrap_or_default();
        let known = all.as_array().into_iter().flatten().find(|repo| text(repo, "/name") == name);
        let address = known.map(|repo| text(repo, "/url").trim_end_matches('/').to_owned());
        let what = format!("repository {name}");
        let before = address.clone().map_or(Side::Absent, |url| json!({"url": url}).into());
        let made = match self.repo_state {
            State::Absent => target.change(&what, before, Side::Absent, |hands| {
                hands.run(&tool.command(["repo", "remove", name]))
            })?,
            State::Present => {
                let url = self.repo_url.clone().unwrap_or_default();
                let same = address.as_deref() == Some(url.trim_end_matches('/'));
                if let (false, false, Some(other)) = (same, self.force_update, &address) {
                    return Err(Fail::new(format!(
                        "repository `{name}` is there with another address: `{other}`"
                    ))
                    .hint("`force_update: true` replaces it"));
                }
                let after = json!({"url": url.trim_end_matches('/')});
                let mut words = vec!["repo".to_owned(), "add".into(), name.clone(), url];
                let flags = [
                    ("--pass-credentials", self.pass_credentials),
                    ("--force-update", self.force_update),
                    ("--insecure-skip-tls-verify", self.insecure_skip_tls_verify),
                    ("--password-stdin", self.repo_password.is_some()),
                ];
                words.extend(flags.iter().filter(|(_, set)| *set).map(|(flag, _)| (*flag).to_owned()));
                words.extend(self.repo_username.iter().map(|user| format!("--username={user}")));
                let mut command = tool.command(&words);
                if let Some(password) = &self.repo_password {
                    command = command.stdin(password.reveal());
                }
                target.change(&what, before, after, |hands| hands.run(&command))?
            }
        };
        if let Some(output) = made.done() {
            target.set("stdout", output.text());
            target.set("stderr", output.errors());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Sandbox;

    /// Not helm itself, which no test machine has.
    const STAND_IN: &str = r##"file="$SANDBOX/repos"
case "$1 $2" in
"repo list") [ -f "$file" ] && cat "$file" || { echo 'Error: no repositories to show' >&2; exit 1; } ;;
"repo add") cat > "$SANDBOX/password"; printf '[{"name":"%s","url":"%s"}]' "$3" "$4" > "$file" ;;
"repo remove") rm "$file" ;;
esac"##;

    #[test]
    fn a_repository_is_added_and_removed() {
        let sandbox = Sandbox::new("helm_repository").tool("stand-in-for-helm", STAND_IN);
        let path = sandbox.path("bin/stand-in-for-helm");
        let args = json!({"name": "ours", "repo_url": "https://charts.example.org/", "username": "u", "password": "secret", "binary_path": path});
        let reply = sandbox.converges(args);
        assert_eq!(sandbox.text("password"), "secret");
        assert!(!format!("{reply:?}").contains("secret"));
        let said = sandbox
            .fails(json!({"name": "ours", "repo_url": "https://other.example.org", "binary_path": path}));
        assert!(said.contains("is there with another address"), "{said}");
        sandbox.converges(json!({"name": "ours", "state": "absent", "binary_path": path}));
    }
}
