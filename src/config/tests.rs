//! Files and environments in, settings out.

use std::collections::HashSet;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::from_text::Callback;
use super::*;

struct Place(tempfile::TempDir);

impl Place {
    /// A directory of its own that is home and working directory; with this `ansible.cfg`.
    fn new(cfg: &str) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        if !cfg.is_empty() {
            std::fs::write(place.path().join("ansible.cfg"), cfg).unwrap();
        }
        place
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn load(&self, env: &[(&str, &str)]) -> (Config, Vec<String>) {
        let env = |name: &str| match name {
            "HOME" => Some(self.path().join("home").display().to_string()),
            _ => env.iter().find(|(n, _)| *n == name).map(|(_, v)| v.to_string()),
        };
        let (config, diagnostics) = Config::load(&env, self.path());
        (config, diagnostics.0.into_iter().map(|d| d.message).collect())
    }
}

#[test]
fn settings_have_the_defaults_of_ansible() {
    let place = Place::new("");
    let (config, said) = place.load(&[]);
    assert_eq!(said, Vec::<String>::new());
    assert!(config.file.is_none() && !config.timeout.is_given());
    assert_eq!(
        (*config.timeout, *config.host_key_checking, *config.gathering),
        (10, true, Gathering::Implicit)
    );
    assert_eq!(config.roles_path[0], place.path().join("home/.ansible/roles"));
    assert_eq!(config.inventory.0, [PathBuf::from("/etc/ansible/hosts")]);
    assert_eq!(config.remote_user.value, None);
    assert_eq!(config.stdout_callback.0, "default");
}

#[test]
fn the_environment_wins_over_the_file_and_each_value_keeps_its_origin() {
    let place = Place::new(
        "# note\n[defaults]\nforks = 7 ; seven\ntimeout: 30\nInventory = hosts, other/\nroles_path = a:$X/b:~/c\n\
         ansible_managed = \"two # words\"\n[privilege_escalation]\nbecome = yes\n[ssh_connection]\nssh_args =\n  -o A=1\n  -o B=2\n\
         [unknown]\nkey = 1\n",
    );
    let (config, said) = place.load(&[
        ("ANSIBLE_FORKS", "9"),
        ("X", "/x"),
        ("ANSIBLE_STDOUT_CALLBACK", "ansible.builtin.yaml"),
    ]);
    assert_eq!(said, Vec::<String>::new());
    assert_eq!((*config.forks, *config.timeout, *config.r#become), (9, 30, true));
    assert!(matches!(config.forks.origin, Origin::Environment("ANSIBLE_FORKS")));
    let Origin::File(place_of_timeout) = &config.timeout.origin else { panic!("not from the file") };
    assert_eq!(place_of_timeout.position(), (4, 10));
    let at = |name: &str| place.path().join(name);
    assert_eq!(config.inventory.0, [at("hosts"), at("other/")]);
    assert_eq!(config.roles_path.value, [at("a"), PathBuf::from("/x/b"), at("home/c")]);
    assert_eq!(*config.ansible_managed, "two # words");
    assert_eq!(*config.ssh_args, "-o A=1\n-o B=2");
    assert_eq!(*config.stdout_callback, Callback("yaml".into()));
}

#[test]
fn wrong_values_are_all_said_and_the_default_stays() {
    let place = Place::new(
        "[defaults]\nforks = many\ngathering = sometimes\nnocows = perhaps\nword\nlog_path = a\nlog_path = b\n",
    );
    let (config, said) = place.load(&[("ANSIBLE_TIMEOUT", "1.5"), ("ANSIBLE_POLL_INTERVAL", "")]);
    assert_eq!(
        said,
        [
            "expected `[section]` or `key = value`, found `word`",
            "setting `log_path` stands twice in section `defaults`",
            "setting `forks`: expected a whole number, found `many`",
            "setting `gathering`: expected one of `implicit`, `explicit`, `smart`, found `sometimes`",
            "setting `timeout` from `ANSIBLE_TIMEOUT`: expected a whole number, found `1.5`",
            "setting `nocows`: expected `true` or `false`, found `perhaps`",
        ]
    );
    assert_eq!((*config.forks, *config.nocows), (50, false));
}

#[test]
fn a_file_is_looked_for_in_ansibles_order() {
    let place = Place::new("[defaults]\nforks = 1\n");
    let write = |name: &str, forks: u32| {
        let path = place.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, format!("[defaults]\nforks = {forks}\n")).unwrap();
    };
    write("home/.ansible.cfg", 2);
    write("named/ansible.cfg", 3);
    let forks = |env: &[(&str, &str)]| *place.load(env).0.forks;
    assert_eq!(forks(&[]), 1);
    assert_eq!(forks(&[("ANSIBLE_CONFIG", "named")]), 3);
    assert_eq!(forks(&[("ANSIBLE_CONFIG", "missing")]), 1);
    std::fs::set_permissions(place.path(), PermissionsExt::from_mode(0o777)).unwrap();
    let (config, said) = place.load(&[]);
    assert_eq!(*config.forks, 2);
    assert!(
        said[0].starts_with("passing over `ansible.cfg` in a directory that everybody may write to"),
        "{said:?}"
    );
    assert_eq!(place.load(&[("ANSIBLE_CONFIG", "ansible.cfg")]).1, Vec::<String>::new());
}

#[test]
fn settings_are_found_by_the_names_of_ansible() {
    let (config, _) = Place::new("").load(&[]);
    for (name, expected) in [
        ("DEFAULT_BECOME_USER", "\"root\""),
        ("DEFAULT_BECOME", "false"),
        ("DEFAULT_HOST_LIST", "[\"/etc/ansible/hosts\"]"),
        ("DEFAULT_GATHERING", "\"implicit\""),
        ("INJECT_FACTS_AS_VARS", "true"),
        ("DEFAULT_PRIVATE_KEY_FILE", "null"),
    ] {
        assert_eq!(config.named(name).unwrap().to_string(), expected, "{name}");
    }
    assert!(config.named("DEFAULT_NOTHING").is_none());
}

#[test]
fn each_setting_is_declared_once_and_documented() {
    let mut seen = HashSet::new();
    for setting in SETTINGS {
        assert!(setting.doc.trim().ends_with('.'), "{}", setting.name);
        assert!(seen.insert(setting.name.to_owned()), "{}", setting.name);
        for name in setting.env {
            assert!(
                name.trim_start_matches('_').starts_with("ANSIBLE_") && seen.insert((*name).to_owned()),
                "{name}"
            );
        }
        for (section, key) in setting.ini {
            assert!(seen.insert(format!("{section}/{key}")), "{section}/{key}");
        }
    }
}
