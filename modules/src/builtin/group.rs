//! group

use serde_json::{Value, json};

use crate::args::Return;
use crate::users::{self, Group as Found};
use crate::{Command, Fail, Hands, Module, Target, args, choices, returns};

args! {
    /// Add or remove groups of users.
    pub struct Group as "group" {
        /// The name of the group.
        name: String,
        /// Whether the group is to be there.
        state: State = "present",
        /// The number of the group.
        gid: Option<u32>,
        /// Whether a new group is one of the system, with a low number.
        system: bool = false,
        /// Whether only the local database counts, where names come from a directory service too.
        local: bool = false,
        /// Whether the number may be that of another group already.
        non_unique: bool = false,
        /// Whether a group is removed though it is somebody's first group.
        force: bool = false,
        /// The least number that a new group may get.
        gid_min: Option<u32>,
        /// The greatest number that a new group may get.
        gid_max: Option<u32>,
    }
    rules [
        RequiredBy("non_unique", &["gid"]),
    ]
}

returns! {
    /// The name of the group.
    name: str,
    /// Whether it was to be there.
    state: str,
    /// Its number.
    gid: int if "the group is there",
    /// Whether a new group is one of the system.
    system: bool if "the group is there",
}

choices! {
    /// Whether a group is to be there.
    pub enum State {
        /// There, with this number.
        Present = "present",
        /// Not there.
        Absent = "absent",
    }
}

impl Module for Group {
    const RETURNS: &'static [Return] = RETURNS;
    const EXAMPLES: &'static str = "\
- name: Have a group for the application
  ansible.builtin.group:
    name: app
    gid: 1750
    state: present
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let found = self.find(target);
        target.set("name", self.name.as_str());
        target.set("state", self.state.as_str());
        let wanted = self.wanted(found.as_ref());
        let show = |gid: Option<Option<u32>>| gid.map(|gid| json!({"name": self.name, "gid": gid}));
        let now = found.as_ref().map(|group| Some(group.gid));
        let what = format!("group {}", self.name);
        let command = self.command(target, found.is_some());
        target.change(&what, show(now), show(wanted), |hands| self.make(hands, command))?;
        if self.state == State::Present {
            let gid = self.find(target).map(|group| group.gid).or(self.gid);
            target.set("gid", gid.map_or(Value::Null, Value::from));
            target.set("system", self.system);
        }
        Ok(())
    }
}

impl Group {
    fn find(&self, target: &Target) -> Option<Found> {
        if self.local {
            return users::local_groups(target).into_iter().find(|group| group.name == self.name);
        }
        users::group(target, &self.name)
    }

    /// The number the group is to have: none where it is not to be, an open one where the system may choose.
    fn wanted(&self, found: Option<&Found>) -> Option<Option<u32>> {
        match self.state {
            State::Absent => None,
            State::Present => Some(self.gid.or(found.map(|group| group.gid))),
        }
    }

    fn make(&self, hands: &mut Hands, command: Command) -> Result<(), Fail> {
        hands.run(&command.arg("--").arg(&self.name)).map(drop)
    }

    fn command(&self, target: &Target, exists: bool) -> Command {
        let has = |program: &str| target.find_program(program).is_some();
        match self.state {
            State::Absent if has("groupdel") => Command::new("groupdel").args(self.force.then_some("-f")),
            State::Absent => Command::new("delgroup"),
            State::Present if exists => self.numbered(self.tool(target, "groupmod")),
            // BusyBox, as on Alpine, has a tool of its own.
            State::Present if !has("groupadd") && has("addgroup") => {
                self.numbered(Command::new("addgroup")).args(self.system.then_some("-S"))
            }
            State::Present => {
                let range = [("GID_MIN", self.gid_min), ("GID_MAX", self.gid_max)];
                let keys =
                    range.into_iter().filter_map(|(key, value)| value.map(|value| format!("{key}={value}")));
                let command = self.numbered(self.tool(target, "groupadd")).args(self.system.then_some("-r"));
                command.args(keys.flat_map(|key| ["-K".to_owned(), key]))
            }
        }
    }

    /// The tool, or for local groups its namesake that does not ask a directory service.
    fn tool(&self, target: &Target, name: &str) -> Command {
        let local = format!("l{name}");
        let local = Some(local).filter(|local| self.local && target.find_program(local).is_some());
        Command::new(local.as_deref().unwrap_or(name))
    }

    fn numbered(&self, command: Command) -> Command {
        let Some(gid) = self.gid else { return command };
        command.arg("-g").arg(gid.to_string()).args(self.non_unique.then_some("-o"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Sandbox;

    const ADD: &str = r#"
echo "groupadd $*" >> $SANDBOX/log
gid=1000
while [ $# -gt 1 ]; do [ "$1" = -g ] && gid=$2; shift; done
echo "$1:x:$gid:" >> $SANDBOX/etc/group"#;
    const MOD: &str = r#"
gid=$2
while [ $# -gt 1 ]; do shift; done
sed -i "s/^$1:x:[0-9]*:/$1:x:$gid:/" $SANDBOX/etc/group"#;
    const DEL: &str = r#"
while [ $# -gt 1 ]; do shift; done
sed -i "/^$1:/d" $SANDBOX/etc/group"#;

    fn sandbox() -> Sandbox {
        let sandbox = Sandbox::new("group").file("etc/group", "root:x:0:\nold:x:500:ann\n");
        sandbox.tool("groupadd", ADD).tool("groupmod", MOD).tool("groupdel", DEL)
    }

    #[test]
    fn a_group_is_added() {
        let sandbox = sandbox();
        let reply =
            sandbox.converges(json!({"name": "app", "gid": "1750", "system": "yes", "gid_max": 2000}));
        assert_eq!((&reply.values["gid"], &reply.values["state"]), (&json!(1750), &json!("present")));
        assert_eq!(sandbox.text("log"), "groupadd -g 1750 -r -K GID_MAX=2000 -- app\n");
    }

    #[test]
    fn the_system_chooses_a_number() {
        let reply = sandbox().converges(json!({"name": "app"}));
        assert_eq!(reply.values["gid"], 1000);
    }

    #[test]
    fn a_number_is_changed_and_a_given_one_kept() {
        let sandbox = sandbox().tool("groupmod", "exit 9").tool("lgroupmod", MOD);
        sandbox.converges(json!({"name": "old", "gid": 600, "local": true}));
        assert!(sandbox.text("etc/group").contains("old:x:600:ann"));
        assert_eq!(sandbox.keeps(json!({"name": "old"})).values["gid"], 600);
    }

    #[test]
    fn a_group_is_removed() {
        let sandbox = sandbox();
        sandbox.converges(json!({"name": "old", "state": "absent", "force": true}));
        assert!(!sandbox.text("etc/group").contains("old"));
    }

    #[test]
    fn what_the_tool_says_is_said() {
        let sandbox = sandbox().tool("groupadd", "echo \"groupadd: GID '0' already exists\" >&2; exit 4");
        let message = sandbox.fails(json!({"name": "app", "gid": 0}));
        assert_eq!(message, "`groupadd` failed with exit code 4: groupadd: GID '0' already exists");
    }
}
