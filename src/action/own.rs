//! A module of the user's: sent with the call and run there, with the interpreter that it asks for.

use baton_modules::own::MODULE;
use serde_json::{Value as Json, json};
use std::sync::Arc;

use super::interpreter::{self, Chosen};
use super::local_files::LocalFiles;
use super::{Answer, Arguments, Done, Invocation, async_status};
use crate::library::{ANSIBLE_VERSION, Found, Shebang, Style};

/// File systems that keep no SELinux contexts.
const SPECIAL: [&str; 6] = ["fuse", "nfs", "vboxsf", "ramfs", "9p", "vfat"];

/// Sends the module and runs it; what it says is data.
pub(super) async fn run(invocation: &Invocation, found: &Found) -> Done {
    let args = invocation.arguments()?;
    run_with(invocation, found, args).await
}

/// As [`run`], with arguments that are rendered already.
pub(super) async fn run_with(invocation: &Invocation, found: &Found, args: Arguments) -> Done {
    if found.needs_action() {
        return Ok(Answer::failed(format!(
            "module `{}` has an action plugin in Python, which runs in Ansible's controller only",
            found.name
        )));
    }
    let cannot = |error: std::io::Error| {
        Box::new(Answer::failed(format!("cannot read the module `{}`: {error}", found.path.display())))
    };
    let content = std::fs::read(&found.path).map_err(cannot)?;
    let style = Style::of(&content);
    let (style, body) = match style {
        Style::Foreign => {
            return Ok(Answer::failed(format!(
                "module `{}` is written in PowerShell or in a form that Ansible gave up: it cannot be run",
                found.name
            )));
        }
        Style::Python => ("python", invocation.library.bundle(found).map_err(cannot)?.to_vec()),
        Style::Json => ("json", content.clone()),
        Style::KeyValue => ("key_value", content.clone()),
        Style::Filled => ("filled", content.clone()),
    };
    let shebang = Shebang::of(&content);
    let chosen = match (style, shebang) {
        ("python", None) => interpreter::python(invocation, None).await?,
        (_, Some(shebang)) if style == "python" || shebang.name() == "python" => {
            interpreter::python(invocation, Some(&shebang)).await?
        }
        (_, Some(shebang)) => interpreter::other(invocation, shebang)?,
        (_, None) => Chosen::default(),
    };
    let call = json!({
        "style": style,
        "name": found.path.file_name().map(|name| name.to_string_lossy()),
        "python_name": found.python_name(),
        "interpreter": chosen.argv,
        "parameters": parameters(invocation, found, args),
        "background": invocation.background.is_some(),
    });
    let Json::Object(call) = call else { return Ok(Answer::default()) };
    let files = LocalFiles::text(body);
    let mut answer = invocation.call_with(MODULE, call, Arc::new(files)).await;
    if let (Some(background), Some(every)) = (&invocation.background, invocation.poll)
        && answer.succeeded()
    {
        answer = async_status::ended(invocation, background, every).await;
    }
    // What Python says of a module that broke off is its traceback.
    if invocation.library.settings.tracebacks
        && let Some(said) = answer.values.get("module_stderr").cloned()
    {
        answer.values.entry("exception").or_insert(said);
    }
    Ok(chosen.told(answer))
}

/// The arguments, and beneath them what Ansible tells its modules of the run.
fn parameters(invocation: &Invocation, found: &Found, mut args: Arguments) -> Arguments {
    let own = json!({
        "_ansible_check_mode": invocation.check,
        "_ansible_no_log": invocation.live.is_none(),
        "_ansible_debug": false,
        "_ansible_diff": invocation.diff,
        "_ansible_verbosity": invocation.verbosity,
        "_ansible_version": ANSIBLE_VERSION,
        "_ansible_module_name": found.collection.as_ref().map_or_else(
            || found.name.clone(),
            |collection| format!("{collection}.{}", found.name),
        ),
        "_ansible_syslog_facility": "LOG_USER",
        "_ansible_selinux_special_fs": SPECIAL,
        "_ansible_socket": null,
        "_ansible_shell_executable": "/bin/sh",
        "_ansible_keep_remote_files": false,
        "_ansible_remote_tmp": "~/.ansible/tmp",
        "_ansible_ignore_unknown_opts": false,
        "_ansible_target_log_info": null,
        "_ansible_tracebacks_for": if invocation.library.settings.tracebacks { vec!["error"] } else { vec![] },
    });
    args.retain(|name, _| !name.starts_with("_ansible_"));
    args.extend(own.as_object().cloned().unwrap_or_default());
    args
}
