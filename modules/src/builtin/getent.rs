//! getent

use crate::args::{Map, Return, Value};
use crate::{Command, Fail, Module, Target, args, returns};

args! {
    /// Read entries of the target's databases (`passwd`, `group`, `hosts`, `services`, …) as facts.
    pub struct Getent as "getent" {
        /// The database.
        database: String,
        /// The entry; without it all are read, where the database can be listed.
        key: Option<String>,
        /// The source to ask alone, as `files`.
        service: Option<String>,
        /// What stands between the fields; by default what the database is known to have.
        split: Option<String>,
        /// Whether a missing entry is a failure.
        fail_key: bool = true,
    }
}

returns! {
    /// `getent_DATABASE`: the fields of each entry behind its key.
    ansible_facts: dict,
    /// What was not found.
    msg: str if "an entry is missing",
}

/// Databases whose fields stand between colons.
const COLONS: [&str; 4] = ["passwd", "shadow", "group", "gshadow"];

impl Module for Getent {
    const RETURNS: &'static [Return] = RETURNS;
    const EXAMPLES: &'static str = "\
- name: Look up an account
  ansible.builtin.getent:
    database: passwd
    key: app
- name: Show its home
  ansible.builtin.debug:
    msg: \"{{ getent_passwd.app[4] }}\"
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let service = self.service.iter().flat_map(|service| ["-s", service]);
        let command =
            Command::new("getent").args(service).arg("--").arg(&self.database).args(self.key.as_deref());
        let output = target.query(&command)?;
        let entries = match (output.rc, &self.key) {
            (0, _) => self.entries(&output.text()),
            (1, _) => return Err(Fail::new("Missing arguments, or database unknown.")),
            (2, Some(key)) => {
                let said = "One or more supplied key could not be found in the database.";
                if self.fail_key {
                    return Err(Fail::new(said));
                }
                target.set("msg", said);
                Map::from_iter([(key.clone(), Value::Null)])
            }
            (3, _) => return Err(Fail::new("Enumeration not supported on this database.")),
            (rc, _) => {
                let errors = output.errors();
                return Err(Fail::new(format!("`getent` failed with exit code {rc}: {}", errors.trim())));
            }
        };
        let name = format!("getent_{}", self.database);
        target.set("ansible_facts", Value::Object(Map::from_iter([(name, Value::Object(entries))])));
        Ok(())
    }
}

impl Getent {
    fn entries(&self, text: &str) -> Map<String, Value> {
        let known = COLONS.contains(&self.database.as_str()).then_some(":");
        let split = self.split.as_deref().or(known);
        let mut entries = Map::new();
        for line in text.lines() {
            let mut fields: Box<dyn Iterator<Item = &str>> = match split {
                Some(split) => Box::new(line.split(split)),
                None => Box::new(line.split_whitespace()),
            };
            let Some(key) = fields.next() else { continue };
            add(&mut entries, key, fields.map(Value::from).collect());
        }
        entries
    }
}

/// Adds an entry; where the key was seen before, it has a list of entries.
fn add(entries: &mut Map<String, Value>, key: &str, fields: Value) {
    match entries.get_mut(key) {
        None => {
            entries.insert(key.to_owned(), fields);
        }
        Some(Value::Array(several)) if several.first().is_some_and(Value::is_array) => several.push(fields),
        Some(one) => *one = Value::from(vec![one.take(), fields]),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Sandbox;

    const TOOL: &str = r#"
case "$*" in
  "-s files -- passwd root") echo "root:x:0:0:root:/root:/bin/sh" ;;
  "-- services") echo "http 80/tcp www"; echo "domain 53/tcp"; echo "domain 53/udp" ;;
  "-- ethers") exit 3 ;;
  "-- nothing"*) exit 1 ;;
  *) exit 2 ;;
esac"#;

    fn sandbox() -> Sandbox {
        Sandbox::new("getent").tool("getent", TOOL)
    }

    #[test]
    fn an_entry_is_a_fact_of_its_database() {
        let args = json!({"database": "passwd", "key": "root", "service": "files"});
        let fields = json!(["x", "0", "0", "root", "/root", "/bin/sh"]);
        assert_eq!(sandbox().reads(args)["ansible_facts"], json!({"getent_passwd": {"root": fields}}));
    }

    #[test]
    fn entries_of_one_key_are_a_list() {
        let values = sandbox().reads(json!({"database": "services"}));
        let wanted = json!({"http": ["80/tcp", "www"], "domain": [["53/tcp"], ["53/udp"]]});
        assert_eq!(values["ansible_facts"]["getent_services"], wanted);
    }

    #[test]
    fn what_is_missing_is_told_or_nothing() {
        let said = sandbox().fails(json!({"database": "group", "key": "none"}));
        assert!(said.contains("could not be found"), "{said}");
        let values = sandbox().reads(json!({"database": "group", "key": "none", "fail_key": false}));
        assert_eq!(values["ansible_facts"], json!({"getent_group": {"none": null}}));
        assert!(sandbox().fails(json!({"database": "ethers"})).starts_with("Enumeration not supported"));
        assert!(sandbox().fails(json!({"database": "nothing"})).ends_with("database unknown."));
    }
}
