//! How a host is reached: connection variables, keywords and options become an address.

use std::sync::Arc;
use std::time::Duration;

use crate::connection::{Address, Become, Container, Secret, Ssh, Transport, words};
use crate::template::{TemplateError, Value};

use super::containers;
use super::settings::Keywords;

/// What the command line and the settings say of connections.
#[derive(Clone, Debug, Default)]
pub(crate) struct ConnectOptions {
    pub(crate) connection: String,
    pub(crate) remote_user: Option<String>,
    pub(crate) private_key: Option<String>,
    pub(crate) port: Option<u16>,
    pub(crate) timeout: Duration,
    pub(crate) retries: u32,
    pub(crate) host_key_checking: bool,
    pub(crate) ssh_args: Option<String>,
    pub(crate) ssh_common_args: Option<String>,
    pub(crate) ssh_extra_args: Option<String>,
    pub(crate) ssh_executable: Option<String>,
    pub(crate) password: Option<Secret>,
    pub(crate) r#become: bool,
    /// Who runs this program.
    pub(crate) local_user: Option<String>,
    /// Whether who is that user already becomes it all the same.
    pub(crate) become_same_user: bool,
    pub(crate) become_user: Option<String>,
    pub(crate) become_method: Option<String>,
    pub(crate) become_flags: Option<String>,
    pub(crate) become_exe: Option<String>,
    pub(crate) become_password: Option<Secret>,
}

/// Makes the address of `host`, whose variables `keywords.scope` sees.
///
/// # Errors
/// When a connection variable cannot be rendered.
pub(crate) fn address(
    host: &Arc<str>,
    keywords: &Keywords<'_>,
    options: &ConnectOptions,
) -> Result<Address, TemplateError> {
    let vars = Variables { keywords };
    let given = vars.text(&["ansible_connection"])?.or(keywords.text(|d| d.connection.as_ref())?);
    let connection = given.unwrap_or_else(|| options.connection.clone());
    let transport = match connection.rsplit('.').next().unwrap_or_default() {
        "local" => Transport::Local,
        "ssh" | "smart" | "paramiko" | "paramiko_ssh" => Transport::Ssh(Box::new(ssh(host, &vars, options)?)),
        "docker" | "docker_api" => {
            let container = containers::container(host, &vars, options)?;
            return Ok(in_container(container, privileges(&vars, options)?));
        }
        "kubectl" => Transport::Kubectl(Box::new(containers::pod(host, &vars)?)),
        other => {
            let known = ["local", "ssh", "smart", "docker", "docker_api", "kubectl"];
            let near = crate::diagnostic::nearest(other, known);
            let error = TemplateError::failed(format!("unknown connection `{other}`"));
            return Err(near.into_iter().fold(error, |e, n| e.hint(format!("did you mean `{n}`?"))));
        }
    };
    let other = privileges(&vars, options)?;
    let other =
        other.filter(|other| options.become_same_user || !is_already(&other.user, &transport, options));
    Ok(Address { transport, r#become: other })
}

/// Whether a host is logged in to as this user, as far as that is known: `ssh` may choose another by itself.
fn is_already(user: &str, transport: &Transport, options: &ConnectOptions) -> bool {
    let login = match transport {
        Transport::Local => options.local_user.as_deref(),
        Transport::Ssh(ssh) => ssh.user.as_deref(),
        // What a container runs as is seen there.
        Transport::Docker(_) | Transport::Kubectl(_) => None,
    };
    login == Some(user)
}

/// A container whose user the engine itself makes another one of: neither `sudo` nor a password is needed in it.
fn in_container(mut container: Container, other: Option<Become>) -> Address {
    if let Some(other) = other {
        container.user = Some(other.user);
    }
    Address { transport: Transport::Docker(Box::new(container)), r#become: None }
}

fn ssh(host: &Arc<str>, vars: &Variables<'_>, options: &ConnectOptions) -> Result<Ssh, TemplateError> {
    let port = match vars
        .text(&["ansible_port", "ansible_ssh_port"])?
        .or(vars.keywords.text(|d| d.port.as_ref())?)
    {
        Some(port) => {
            Some(port.trim().parse().map_err(|_| {
                TemplateError::failed(format!("`ansible_port` must be a port, found `{port}`"))
            })?)
        }
        None => options.port,
    };
    let seconds = vars.text(&["ansible_ssh_timeout", "ansible_timeout"])?.and_then(|t| t.parse::<f64>().ok());
    let checking = vars.text(&["ansible_ssh_host_key_checking", "ansible_host_key_checking"])?;
    let retries = vars.text(&["ansible_ssh_retries"])?.and_then(|r| r.parse().ok());
    let user = vars
        .text(&["ansible_user", "ansible_ssh_user"])?
        .or(vars.keywords.text(|d| d.remote_user.as_ref())?);
    let password = vars.text(&["ansible_password", "ansible_ssh_pass", "ansible_ssh_password"])?;
    // Where nobody says otherwise both are the host's own name.
    let named = |name| Ok::<_, TemplateError>(vars.text(&[name])?.filter(|name| **name != **host));
    let args = |names: &[&str], given: &Option<String>| {
        Ok::<_, TemplateError>(vars.text(names)?.or_else(|| given.clone()))
    };
    Ok(Ssh {
        host: named("ansible_ssh_host")?.or(named("ansible_host")?).unwrap_or_else(|| host.to_string()),
        port,
        user: user.or_else(|| options.remote_user.clone()),
        key: args(&["ansible_private_key_file", "ansible_ssh_private_key_file"], &options.private_key)?,
        password: password.map(Secret::new).or_else(|| options.password.clone()),
        args: [
            args(&["ansible_ssh_args"], &options.ssh_args)?,
            args(&["ansible_ssh_common_args"], &options.ssh_common_args)?,
            args(&["ansible_ssh_extra_args"], &options.ssh_extra_args)?,
        ]
        .into_iter()
        .flatten()
        .map(|line| in_words("the options of ssh", &line))
        .collect::<Result<Vec<_>, _>>()?
        .concat(),
        exe: args(&["ansible_ssh_executable"], &options.ssh_executable)?.unwrap_or_else(|| "ssh".into()),
        connect_timeout: seconds.map_or(options.timeout, Duration::from_secs_f64),
        retries: retries.unwrap_or(options.retries),
        host_key_checking: checking.map_or(options.host_key_checking, |c| baton_modules::args::is_true(&c)),
    })
}

/// Which user the worker becomes, if any.
fn privileges(vars: &Variables<'_>, options: &ConnectOptions) -> Result<Option<Become>, TemplateError> {
    let keywords = vars.keywords;
    let wanted = match vars.text(&["ansible_become"])? {
        Some(text) => baton_modules::args::is_true(&text),
        None => keywords.flag("become", |d| d.r#become.as_ref())?.unwrap_or(options.r#become),
    };
    if !wanted {
        return Ok(None);
    }
    let method = vars
        .text(&["ansible_become_method"])?
        .or(keywords.text(|d| d.become_method.as_ref())?)
        .or_else(|| options.become_method.clone())
        .unwrap_or_else(|| "sudo".into());
    let method = method.rsplit('.').next().unwrap_or_default().to_owned();
    let own = |what: &str| format!("ansible_{method}_{what}");
    let user = vars
        .text(&["ansible_become_user", &own("user")])?
        .or(keywords.text(|d| d.become_user.as_ref())?)
        .or_else(|| options.become_user.clone());
    let password =
        vars.text(&["ansible_become_password", "ansible_become_pass", &own("password"), &own("pass")])?;
    let flags = vars
        .text(&["ansible_become_flags", &own("flags")])?
        .or(keywords.text(|d| d.become_flags.as_ref())?)
        .or_else(|| options.become_flags.clone());
    let exe = vars
        .text(&["ansible_become_exe", &own("exe")])?
        .or(keywords.text(|d| d.become_exe.as_ref())?)
        .or_else(|| options.become_exe.clone());
    let exe = exe.map(|line| in_words("`become_exe`", &line)).transpose()?;
    let exe = match vars.text(&["ansible_sudo_chdir"])?.filter(|_| method == "sudo") {
        Some(directory) => Some(started_in(directory, exe)),
        None => exe,
    };
    let prompts = vars.value(&["ansible_su_prompt_l10n"])?.filter(|_| method == "su");
    let one = prompts.iter().filter(|prompt| prompt.as_list().is_none());
    let many = prompts.iter().filter_map(Value::as_list).flatten();
    // ansible: less than a second is none.
    let timeout = vars.text(&["ansible_local_become_success_timeout"])?.and_then(|t| t.parse::<f64>().ok());
    Ok(Some(Become {
        prompts: one.chain(many).map(Value::to_text).collect(),
        timeout: timeout.filter(|seconds| (1.0..1e6).contains(seconds)).map(Duration::from_secs_f64),
        user: user.filter(|user| !user.is_empty()).unwrap_or_else(|| "root".into()),
        password: password.map(Secret::new).or_else(|| options.become_password.clone()),
        method,
        flags: flags.map(|line| in_words("`become_flags`", &line)).transpose()?,
        exe,
    }))
}

/// The words that start `sudo` in a directory.
fn started_in(directory: String, exe: Option<Vec<String>>) -> Vec<String> {
    let shell = ["sh", "-c", r#"cd "$0" && exec "$@""#].map(str::to_owned);
    shell.into_iter().chain([directory]).chain(exe.unwrap_or_else(|| vec!["sudo".into()])).collect()
}

pub(super) fn in_words(what: &str, line: &str) -> Result<Vec<String>, TemplateError> {
    words(line)
        .ok_or_else(|| TemplateError::failed(format!("{what} have a quote that is not closed: `{line}`")))
}

/// Connection variables of one host.
pub(super) struct Variables<'a> {
    pub(super) keywords: &'a Keywords<'a>,
}

impl Variables<'_> {
    /// The first of these variables that is set, as text.
    pub(super) fn text(&self, names: &[&str]) -> Result<Option<String>, TemplateError> {
        Ok(self.value(names)?.map(|value| value.to_text()))
    }

    /// The first of these variables that is set.
    pub(super) fn value(&self, names: &[&str]) -> Result<Option<Value>, TemplateError> {
        for name in names {
            let Some(raw) = self.keywords.scope.get(name) else { continue };
            match self.keywords.engine.resolve(&raw, self.keywords.scope)? {
                Value::None | Value::Omit => {}
                value => return Ok(Some(value)),
            }
        }
        Ok(None)
    }
}
