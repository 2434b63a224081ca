//! The `helm` command: how it is found, told which cluster is meant, and asked about releases.

use std::io::Write;
use std::path::PathBuf;

use serde_json::{Map, Value, json};
use tempfile::NamedTempFile;

use super::text;
use crate::args::Secret;
use crate::{Command, Fail, Target, args};

args! {
    /// Which `helm`, and which cluster.
    pub struct Helm {
        /// The path of the `helm` command; else it is looked for in `PATH`.
        binary_path: Option<PathBuf>,
        /// The context of the kubeconfig to use.
        #[alias("kube_context")]
        context: Option<String>,
        /// The path of a kubeconfig on the target, or its content as a dictionary.
        #[alias("kubeconfig_path")]
        kubeconfig: Option<Value>,
        /// The address of the API server, with `api_key` in place of a kubeconfig.
        host: Option<String>,
        /// A token to log in with.
        api_key: Option<Secret>,
        /// Whether the server's certificate must be good.
        #[alias("verify_ssl")]
        validate_certs: bool = true,
        /// The certificates that the server's must be signed by, as PEM.
        #[alias("ssl_ca_cert")]
        ca_cert: Option<PathBuf>,
    }
}

args! {
    /// What a chart is given.
    pub struct Values {
        /// Values for the chart.
        #[alias("values")]
        release_values: Map<String, Value> = "{}",
        /// Files with values, on the target; the last one counts.
        values_files: Vec<PathBuf> = "",
        /// Single values, each with how it is taken.
        set_values: Option<Vec<SetValue>>,
    }
}

args! {
    /// A single value.
    pub struct SetValue {
        /// The value, as `phase=prod`.
        value: String,
        /// How it is taken.
        value_type: ValueType = "raw",
    }
}

crate::choices! {
    /// How a single value is taken.
    pub enum ValueType {
        Raw = "raw",
        String = "string",
        Json = "json",
        File = "file",
    }
}

/// The command with its files, which go with this.
pub struct Tool {
    program: PathBuf,
    base: Vec<String>,
    files: Vec<NamedTempFile>,
}

impl Helm {
    /// The command, for a cluster.
    ///
    /// # Errors
    /// When it is not installed, or a private file cannot be written for it.
    pub fn tool(&self, target: &Target<'_>) -> Result<Tool, Fail> {
        let mut tool = Tool::find(target, self.binary_path.as_ref())?;
        let given = |name: &str| target.env(&format!("K8S_AUTH_{name}")).filter(|value| !value.is_empty());
        if let Some(context) = self.context.clone().or_else(|| given("CONTEXT")) {
            tool.base.extend(["--kube-context".to_owned(), context]);
        }
        let path = match &self.kubeconfig {
            Some(Value::String(path)) => Some(crate::args::expand(path, target)),
            Some(Value::Object(map)) => Some(tool.keep(&Value::Object(map.clone()))?),
            Some(_) => return Err(Fail::new("`kubeconfig` must be a path or a dictionary")),
            None => match &self.host {
                Some(host) => Some(self.login(host, &mut tool)?),
                None => given("KUBECONFIG"),
            },
        };
        if let Some(path) = path {
            tool.base.extend(["--kubeconfig".to_owned(), path]);
        }
        Ok(tool)
    }

    /// A kubeconfig of the options: a token may stand in a private file, but not in an argv or the environment.
    fn login(&self, host: &str, tool: &mut Tool) -> Result<String, Fail> {
        let mut cluster = json!({"server": host, "insecure-skip-tls-verify": !self.validate_certs});
        if let Some(path) = &self.ca_cert {
            cluster["certificate-authority"] = path.display().to_string().into();
        }
        let user = self.api_key.as_ref().map_or(json!({}), |token| json!({"token": token.reveal()}));
        tool.keep(&json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "task",
            "clusters": [{"name": "task", "cluster": cluster}],
            "users": [{"name": "task", "user": user}],
            "contexts": [{"name": "task", "context": {"cluster": "task", "user": "task"}}],
        }))
    }
}

impl Values {
    /// The words that give a chart its values; those of the playbook stand in a private file.
    ///
    /// # Errors
    /// When that file cannot be written.
    pub fn words(&self, tool: &mut Tool) -> Result<Vec<String>, Fail> {
        let mut words = Vec::new();
        for file in &self.values_files {
            words.push(format!("--values={}", file.display()));
        }
        if !self.release_values.is_empty() {
            words.push(format!("--values={}", tool.keep(&self.release_values.clone().into())?));
        }
        for SetValue { value, value_type } in self.set_values.iter().flatten() {
            let flag = match value_type {
                ValueType::Raw => "--set",
                ValueType::String => "--set-string",
                ValueType::Json => "--set-json",
                ValueType::File => "--set-file",
            };
            words.extend([flag.to_owned(), value.clone()]);
        }
        Ok(words)
    }
}

impl Tool {
    /// The command alone, for no cluster.
    ///
    /// # Errors
    /// When it is not installed.
    pub fn find(target: &Target<'_>, path: Option<&PathBuf>) -> Result<Self, Fail> {
        let program = path.cloned().or_else(|| target.find_program("helm"));
        let missing = || {
            Fail::new("the command `helm` is not installed on the target")
                .hint("install it, or name it with `binary_path`")
        };
        let program = program.ok_or_else(missing)?;
        if !program.exists() {
            let fail = Fail::new(format!("there is no command `{}`", program.display()));
            return Err(fail.hint("install helm, or leave `binary_path` out"));
        }
        Ok(Self { program, base: Vec::new(), files: Vec::new() })
    }

    /// A private file for as long as the command is used; its path.
    fn keep(&mut self, content: &Value) -> Result<String, Fail> {
        let cannot = |error: std::io::Error| Fail::io("cannot keep a private file", &error);
        // Every JSON text is YAML; the ending tells helm that it is.
        let mut file =
            tempfile::Builder::new().prefix("baton-").suffix(".yaml").tempfile().map_err(cannot)?;
        file.write_all(content.to_string().as_bytes()).map_err(cannot)?;
        let path = file.path().display().to_string();
        self.files.push(file);
        Ok(path)
    }

    /// The command with these words.
    pub fn command<W: AsRef<str>>(&self, words: impl IntoIterator<Item = W>) -> Command {
        let own = words.into_iter().map(|word| word.as_ref().to_owned()).collect::<Vec<_>>();
        Command::new(&self.program).args(own).args(&self.base)
    }

    /// What a command says that only looks, as JSON; `None` where it fails.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn ask(&self, target: &mut Target<'_>, words: &[&str]) -> Result<Option<Value>, Fail> {
        let output = target.query(&self.command(words))?;
        Ok(output.ok().then(|| serde_json::from_slice(&output.stdout).ok()).flatten())
    }

    /// A release as `helm list` tells it; `None` where there is none.
    ///
    /// # Errors
    /// When helm fails, as without a cluster.
    pub fn release(
        &self,
        target: &mut Target<'_>,
        name: &str,
        namespace: &str,
    ) -> Result<Option<Value>, Fail> {
        let filter = format!("^{name}$");
        let words = ["list", "--all", "--namespace", namespace, "--filter", &filter, "--output", "json"];
        let output = target.query(&self.command(words))?.expect_ok("helm")?;
        let all: Vec<Value> = serde_json::from_slice(&output.stdout).map_err(|_| {
            Fail::new(format!("`helm list` does not answer in JSON: {}", output.text().trim()))
        })?;
        Ok(all.into_iter().find(|release| text(release, "/name") == name))
    }

    /// A release with its values, as it is returned.
    ///
    /// # Errors
    /// When helm cannot be asked.
    pub fn status(
        &self,
        target: &mut Target<'_>,
        mut release: Value,
        all_values: bool,
    ) -> Result<Value, Fail> {
        let (name, namespace) = (text(&release, "/name").to_owned(), text(&release, "/namespace").to_owned());
        let mut words = vec!["get", "values", &name, "--namespace", &namespace, "--output", "json"];
        if all_values {
            words.push("--all");
        }
        let values = self.ask(target, &words)?.filter(|values| !values.is_null());
        release["values"] = values.unwrap_or_else(|| json!({}));
        Ok(release)
    }
}
