//! What the modules of this run have applied, as they wanted it: the base of what a later task says in brief. The
//! worker's process lives as long as the run.

use std::sync::{LazyLock, Mutex, PoisonError};

use serde_json::Value;

use super::{name, namespace};

/// A manifest and the module that applied it.
struct Placed {
    module: &'static str,
    server: String,
    manifest: Value,
}

static PLACED: LazyLock<Mutex<Vec<Placed>>> = LazyLock::new(Mutex::default);

/// Other names of modules, as `from` may say them.
const ALIASES: [(&str, &str); 1] = [("k8s_deployment", "k8s_deploy")];

/// Keeps what a module has applied at a server, or would have; what it applied before under the same name is forgotten.
pub fn keep(module: &'static str, server: &str, manifest: &Value) {
    let mut all = PLACED.lock().unwrap_or_else(PoisonError::into_inner);
    all.retain(|placed| !(placed.server == server && is_same(&placed.manifest, manifest)));
    all.push(Placed { module, server: server.to_owned(), manifest: manifest.clone() });
}

/// What modules (by any of their names) have applied at a server so far, oldest first.
pub fn placed_by(modules: &[String], server: &str) -> Vec<Value> {
    let full = |name: &str| {
        let short = name.rsplit('.').next().unwrap_or(name);
        ALIASES
            .iter()
            .find(|(alias, _)| *alias == short)
            .map_or(short.to_owned(), |(_, name)| (*name).to_owned())
    };
    let modules: Vec<String> = modules.iter().map(|name| full(name)).collect();
    let all = PLACED.lock().unwrap_or_else(PoisonError::into_inner);
    let meant =
        |placed: &&Placed| placed.server == server && modules.iter().any(|name| *name == placed.module);
    all.iter().filter(meant).map(|placed| placed.manifest.clone()).collect()
}

fn is_same(one: &Value, other: &Value) -> bool {
    one["kind"] == other["kind"] && name(one) == name(other) && namespace(one) == namespace(other)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{keep, placed_by};

    #[test]
    fn the_last_word_on_an_object_is_found_by_any_name_of_its_module() {
        let object = |replicas: u32| json!({"kind": "Deployment", "metadata": {"name": "a"}, "spec": {"replicas": replicas}});
        keep("k8s_deploy", "test-server", &object(1));
        keep("k8s_deploy", "test-server", &object(2));
        keep("k8s_service", "test-server", &json!({"kind": "Service", "metadata": {"name": "a"}}));
        assert_eq!(placed_by(&["k8s_deployment".into()], "test-server"), [object(2)]);
        assert_eq!(
            placed_by(&["kubernetes.core.k8s_service".into(), "k8s_deploy".into()], "test-server").len(),
            2
        );
        assert!(placed_by(&["k8s_deploy".into()], "another-server").is_empty());
    }
}
