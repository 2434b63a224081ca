//! add_host

use baton_modules::args;
use baton_modules::args::{Map, Value as Json};

use crate::template::Value;
use crate::vars::{Definition, VarMap};

use super::{Answer, Done, Effect, Invocation, module::parse};

args! {
    /// Add a host to the inventory of this run.
    pub(crate) struct AddHost as "add_host" {
        /// Its name, perhaps with `:port`.
        #[alias("host", "hostname")]
        name: String,
        /// Groups it belongs to.
        #[alias("group", "groupname")]
        groups: Vec<String> = "",
        ..vars: Map<String, Json>,
    }
}

pub(super) fn run(invocation: &Invocation) -> Done {
    let args: AddHost = parse(&invocation.arguments()?)?;
    let (name, port) = match args.name.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') && port.parse::<u16>().is_ok() => {
            (name.to_owned(), port.parse::<i64>().ok())
        }
        _ => (args.name.clone(), None),
    };
    let mut shown = args.vars.clone();
    if let Some(port) = port {
        shown.entry("ansible_ssh_port").or_insert(port.into());
    }
    let vars: VarMap = shown
        .iter()
        .map(|(name, value)| {
            (name.as_str().into(), Definition { value: Value::from_json(value), place: None })
        })
        .collect();
    let groups: Vec<String> = args.groups.into_iter().filter(|g| !g.is_empty()).collect();
    let added = serde_json::json!({ "host_name": name, "groups": groups, "host_vars": shown });
    Ok(Answer::default().with("add_host", added).effect(Effect::AddHost { name, groups, vars }))
}
