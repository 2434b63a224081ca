//! Connection variables of hosts that are containers: of a Docker Engine, or of a pod.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::connection::{Container, Pod, Secret};
use crate::template::{TemplateError, Value};

use super::connect::{ConnectOptions, Variables, in_words};

/// Variables of the engine, and the options that they are; what comes first counts.
const ENGINE: &[(&[&str], &str)] = &[
    (&["ansible_docker_docker_host"], "docker_host"),
    (&["ansible_docker_tls_hostname"], "tls_hostname"),
    (&["ansible_docker_api_version"], "api_version"),
    (&["ansible_docker_timeout"], "timeout"),
    (&["ansible_docker_ca_cert", "ansible_docker_cacert_path"], "ca_path"),
    (&["ansible_docker_client_cert", "ansible_docker_cert_path"], "client_cert"),
    (&["ansible_docker_client_key", "ansible_docker_key_path"], "client_key"),
    (&["ansible_docker_tls"], "tls"),
    (&["ansible_docker_validate_certs", "ansible_docker_tls_verify"], "validate_certs"),
];

/// Words of a `docker` command line that say the same.
const DOCKER_WORDS: &[(&str, &str)] = &[
    ("-H", "docker_host"),
    ("--host", "docker_host"),
    ("--tls", "tls"),
    ("--tlsverify", "validate_certs"),
    ("--tlscacert", "ca_path"),
    ("--tlscert", "client_cert"),
    ("--tlskey", "client_key"),
];

/// Variables of the cluster, the variables of the environment behind them, and the options that they are.
const CLUSTER: &[(&[&str], &[&str], &str)] = &[
    (&["ansible_kubectl_kubeconfig", "ansible_kubectl_config"], &[], "kubeconfig"),
    (&["ansible_kubectl_context"], &[], "context"),
    (&["ansible_kubectl_host", "ansible_kubectl_server"], &["K8S_AUTH_SERVER"], "host"),
    (&["ansible_kubectl_username", "ansible_kubectl_user"], &[], "username"),
    (&["ansible_kubectl_password"], &[], "password"),
    (&["ansible_kubectl_token", "ansible_kubectl_api_key"], &["K8S_AUTH_TOKEN"], "api_key"),
    (&["ansible_kubectl_cert_file", "ansible_kubectl_client_cert"], &[], "client_cert"),
    (&["ansible_kubectl_key_file", "ansible_kubectl_client_key"], &[], "client_key"),
    (&["ansible_kubectl_ssl_ca_cert", "ansible_kubectl_ca_cert"], &[], "ca_cert"),
    (&["ansible_kubectl_verify_ssl", "ansible_kubectl_validate_certs"], &[], "validate_certs"),
];

/// Words of a `kubectl` command line that say the same.
const KUBECTL_WORDS: &[(&str, &str)] = &[
    ("--kubeconfig", "kubeconfig"),
    ("--context", "context"),
    ("-s", "host"),
    ("--server", "host"),
    ("--token", "api_key"),
    ("--client-certificate", "client_cert"),
    ("--client-key", "client_key"),
    ("--certificate-authority", "ca_cert"),
    ("--as", "impersonate_user"),
    ("-n", "namespace"),
    ("--namespace", "namespace"),
    ("-c", "container"),
    ("--container", "container"),
];

/// The container that a host is.
///
/// # Errors
/// When a variable cannot be rendered, or says what cannot be done here.
pub(super) fn container(
    host: &Arc<str>,
    vars: &Variables<'_>,
    options: &ConnectOptions,
) -> Result<Container, TemplateError> {
    let mut engine = BTreeMap::new();
    if let Some(line) = vars.text(&["ansible_docker_extra_args"])? {
        extra("ansible_docker_extra_args", &line, DOCKER_WORDS, &mut engine)?;
    }
    for (names, option) in ENGINE {
        if let Some(text) = vars.text(names)? {
            engine.insert((*option).to_owned(), Secret::new(text));
        }
    }
    let user = vars
        .text(&["ansible_docker_user", "ansible_user"])?
        .or(vars.keywords.text(|d| d.remote_user.as_ref())?)
        .or_else(|| options.remote_user.clone());
    let privileged = vars.text(&["ansible_docker_privileged"])?.or_else(|| own("ANSIBLE_DOCKER_PRIVILEGED"));
    Ok(Container {
        name: vars.text(&["ansible_docker_host", "ansible_host"])?.unwrap_or_else(|| host.to_string()),
        user,
        workdir: vars.text(&["ansible_docker_working_dir"])?.or_else(|| own("ANSIBLE_DOCKER_WORKING_DIR")),
        env: environment("ansible_docker_extra_env", vars)?,
        privileged: privileged.is_some_and(|word| baton_modules::args::is_true(&word)),
        engine,
    })
}

/// The container of a pod that a host is.
///
/// # Errors
/// When a variable cannot be rendered, or says what cannot be done here.
pub(super) fn pod(host: &Arc<str>, vars: &Variables<'_>) -> Result<Pod, TemplateError> {
    let mut given = BTreeMap::new();
    let extra_args = vars.text(&["ansible_kubectl_extra_args"])?.or_else(|| own("K8S_AUTH_EXTRA_ARGS"));
    if let Some(line) = extra_args {
        extra("ansible_kubectl_extra_args", &line, KUBECTL_WORDS, &mut given)?;
    }
    for (names, variables, option) in CLUSTER {
        let text = match vars.value(names)? {
            Some(map @ Value::Map(_)) => Some(map.to_json().to_string()),
            Some(value) => Some(value.to_text()),
            None => variables.iter().find_map(|name| own(name)),
        };
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            given.insert((*option).to_owned(), Secret::new(text));
        }
    }
    let mut named = |option: &str, variable: &str, environment: &str| {
        let extra = given.remove(option).map(|secret| secret.reveal().to_owned());
        let text = vars.text(&[variable])?.or_else(|| own(environment)).or(extra);
        Ok::<_, TemplateError>(text.filter(|text| !text.is_empty()))
    };
    let namespace = named("namespace", "ansible_kubectl_namespace", "K8S_AUTH_NAMESPACE")?;
    let container = named("container", "ansible_kubectl_container", "K8S_AUTH_CONTAINER")?;
    let pod = named("pod", "ansible_kubectl_pod", "K8S_AUTH_POD")?;
    let name = pod.or(vars.text(&["ansible_host"])?).unwrap_or_else(|| host.to_string());
    let env = environment("ansible_kubectl_local_env_vars", vars)?;
    Ok(Pod { name, namespace, container, options: given, env })
}

/// A variable of this process's environment, if it says something.
fn own(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn environment(name: &str, vars: &Variables<'_>) -> Result<BTreeMap<String, Secret>, TemplateError> {
    let Some(value) = vars.value(&[name])? else { return Ok(BTreeMap::new()) };
    let Some(map) = value.as_map() else {
        let found = value.to_text();
        return Err(TemplateError::failed(format!("`{name}` must be a dictionary, found `{found}`")));
    };
    Ok(map.iter().map(|(key, value)| (key.to_text(), Secret::new(value.to_text()))).collect())
}

/// Takes what words of a command line say that is not run here.
fn extra(
    name: &str,
    line: &str,
    known: &[(&str, &str)],
    into: &mut BTreeMap<String, Secret>,
) -> Result<(), TemplateError> {
    let mut words = in_words(&format!("`{name}`"), line)?.into_iter();
    while let Some(word) = words.next() {
        let (flag, value) =
            word.split_once('=').map_or((word.as_str(), None), |(f, v)| (f, Some(v.to_owned())));
        let Some((_, option)) = known.iter().find(|(known, _)| *known == flag) else {
            let error =
                TemplateError::failed(format!("`{name}` has `{word}`, which this connection cannot do"));
            let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
            return Err(error.hint(format!("no command is run here; known are `{}`", words.join("`, `"))));
        };
        let value = match value {
            Some(value) => value,
            None if flag.starts_with("--tls") && !flag.starts_with("--tlsc") && flag != "--tlskey" => {
                "true".into()
            }
            None => words.next().unwrap_or_default(),
        };
        into.insert((*option).to_owned(), Secret::new(value));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_command_line_become_options() {
        let mut options = BTreeMap::new();
        extra("x", "-H tcp://e:1 --tlsverify --tlscacert=/ca", DOCKER_WORDS, &mut options).unwrap();
        let shown: Vec<_> = options.iter().map(|(name, value)| (name.as_str(), value.reveal())).collect();
        assert_eq!(shown, [("ca_path", "/ca"), ("docker_host", "tcp://e:1"), ("validate_certs", "true")]);
        let refused = extra("x", "--context other", DOCKER_WORDS, &mut options).unwrap_err();
        assert!(refused.to_string().contains("`x` has `--context`"), "{refused}");
    }
}
