//! pip

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::args::{CheckSupport, Return};
use crate::sorting::Trees;
use crate::{Command, Fail, Module, Target, args, choices, returns, words};

args! {
    /// Install, upgrade and remove packages of Python with the target's `pip`.
    ///
    /// *changed* tells whether the installed versions are others than before.
    pub struct Pip as "pip" {
        /// The packages: names, with versions as `pip` writes them, addresses or paths.
        name: Option<Vec<String>>,
        /// The version of the one package.
        version: Option<String>,
        /// A file that lists packages.
        requirements: Option<String>,
        /// Whether they are to be there.
        state: State = "present",
        /// The virtual environment to work in; made when it is not there.
        virtualenv: Option<PathBuf>,
        /// Whether a new virtual environment sees the packages of the system.
        virtualenv_site_packages: bool = false,
        /// What makes virtual environments; where the usual one is missing, Python's own `venv`.
        virtualenv_command: String = "virtualenv",
        /// The Python of a new virtual environment.
        virtualenv_python: Option<String>,
        /// More arguments for `pip`.
        extra_args: Option<String>,
        /// Whether sources are used where they lie.
        editable: bool = false,
        /// The directory to run in.
        chdir: Option<PathBuf>,
        /// The `pip` to use, by name or path.
        executable: Option<String>,
        /// The umask to install with.
        umask: Option<String>,
        /// Whether a Python that the system manages may be changed.
        break_system_packages: bool = false,
        /// The Python of the target; given by the action.
        _python: Vec<String> = "python3",
    }
    rules [
        MutuallyExclusive(&["name", "requirements"]),
        MutuallyExclusive(&["executable", "virtualenv"]),
        RequiredOneOf(&["name", "requirements"])
    ]
}

returns! {
    /// The command that was run, or would be.
    cmd: list,
    /// The packages asked for.
    name: list,
    /// The version asked for.
    version: str,
    /// The file that lists packages.
    requirements: str,
    /// What was asked for.
    state: str,
    /// What `pip` said; nothing where it had not to be run.
    stdout: str,
    /// What `pip` complained about.
    stderr: str,
    /// The virtual environment.
    virtualenv: path,
}

choices! {
    /// Whether packages are to be there.
    pub enum State {
        /// There.
        Present = "present",
        /// Not there.
        Absent = "absent",
        /// There, in the newest version.
        Latest = "latest",
        /// Installed anew.
        ForceReinstall = "forcereinstall",
    }
}

/// Versions of installed packages, by their names in one spelling.
type Installed = BTreeMap<String, String>;

impl Module for Pip {
    const RETURNS: &'static [Return] = RETURNS;
    const CHECK: CheckSupport = CheckSupport::None(
        "only `pip` knows what it would install, but for packages that are named and are missing, or are there and have to go",
    );
    const EXAMPLES: &'static str = "\
- name: Have a library in an environment of its own
  ansible.builtin.pip:
    name: requests>=2
    virtualenv: /opt/app/venv
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        if self.state == State::Latest && self.version.is_some() {
            return Err(Fail::new("version is incompatible with state=latest"));
        }
        if self.umask.as_deref().is_some_and(|umask| u32::from_str_radix(umask, 8).is_err()) {
            return Err(Fail::new("umask must be an octal integer"));
        }
        let packages = self.packages()?;
        if packages.is_empty() && self.requirements.is_none() {
            target.warn("No valid name or requirements file found.");
            return Ok(());
        }
        let made = self.make_environment(target)?;
        let pip = self.pip();
        let mut cmd = [&pip[..], &self.verb()].concat();
        let more = self.extra_args.as_deref().map(words::split).transpose();
        cmd.extend(more.map_err(|why| Fail::new(format!("`extra_args`: {why}")))?.unwrap_or_default());
        if self.editable && !cmd.iter().any(|word| word == "-e") {
            cmd.push("-e".into());
        }
        cmd.extend(packages.iter().cloned());
        cmd.extend(self.requirements.iter().flat_map(|file| ["-r".to_owned(), file.clone()]));
        target.set("cmd", cmd.clone());
        self.tell(target);
        if made == Environment::Foretold {
            return Ok(());
        }
        let before = self.installed(target, &pip)?;
        let plain = self.extra_args.is_none() && !self.editable && self.requirements.is_none();
        if plain && packages.iter().all(|package| self.is_met(package, &before)) {
            return Ok(());
        }
        let is_missing = |package: &String| parts(package).is_some() && !self.is_met(package, &before);
        if plain && self.state != State::Latest && packages.iter().any(is_missing) {
            target.foretell();
        }
        let listing = self.listing(target, &pip);
        let command = self.command(target, &cmd);
        let output = target.perform(|hands| {
            let output = hands.try_run(&command)?;
            let after = hands.try_run(&listing)?;
            if after.ok() && read(&after.stdout) == before && self.state != State::ForceReinstall {
                hands.unchanged();
            }
            Ok(output)
        })?;
        let Some(output) = output else { return Ok(()) };
        let (stdout, stderr) = (output.text(), output.errors());
        let is_gone = self.state == State::Absent && output.rc == 1;
        let was_gone = is_gone && format!("{stdout}{stderr}").contains("not installed");
        if !output.ok() && !was_gone {
            // ansible: these words are looked for.
            let said = if stdout.is_empty() { String::new() } else { format!("stdout: {stdout}") };
            return Err(Fail::new(format!("{said}\n:stderr: {stderr}")).with("cmd", cmd));
        }
        target.set("stdout", stdout);
        target.set("stderr", stderr);
        Ok(())
    }
}

/// What there is of a virtual environment.
#[derive(PartialEq, Eq)]
enum Environment {
    There,
    Foretold,
}

impl Pip {
    /// The packages as `pip` is told them; what was taken apart at commas within versions is put together.
    fn packages(&self) -> Result<Vec<String>, Fail> {
        let mut packages: Vec<String> = Vec::new();
        for word in self.name.iter().flatten() {
            match packages.last_mut().filter(|_| word.trim_start().starts_with(['<', '>', '=', '!', '~'])) {
                Some(last) => *last = format!("{last},{}", word.trim()),
                None => packages.push(word.trim().to_owned()),
            }
        }
        let is_digit = |version: &String| version.starts_with(|c: char| c.is_ascii_digit());
        match (&self.version, packages.as_mut_slice()) {
            (None, _) | (_, []) => {}
            (Some(_), [one]) if one.contains(['<', '>', '=', '~']) => {
                return Err(Fail::new(
                    "The 'version' argument conflicts with any version specifier provided along with a package name. \
                     Please keep the version specifier, but remove the 'version' argument.",
                ));
            }
            (Some(version), [one]) if is_digit(version) => *one = format!("{one}=={version}"),
            (Some(version), [one]) => one.push_str(version.trim()),
            _ => {
                return Err(Fail::new(
                    "'version' argument is ambiguous when installing multiple package distributions. Please specify \
                     version restrictions next to each package in 'name' argument.",
                ));
            }
        }
        Ok(packages)
    }

    /// Where the virtual environment is.
    fn environment(&self) -> Option<PathBuf> {
        let path = self.virtualenv.as_ref()?;
        Some(self.chdir.as_ref().map_or_else(|| path.clone(), |dir| dir.join(path)))
    }

    /// Says what was asked for.
    fn tell(&self, target: &mut Target) {
        target.set("name", self.name.clone());
        target.set("version", self.version.clone());
        target.set("requirements", self.requirements.clone());
        target.set("state", self.state.as_str());
        target.set("virtualenv", self.environment().map(|path| path.display().to_string()));
        target.set("stdout", "");
        target.set("stderr", "");
    }

    /// The words that begin each call of `pip`.
    fn pip(&self) -> Vec<String> {
        match (self.environment(), &self.executable) {
            (Some(path), _) => {
                vec![path.join("bin/python").display().to_string(), "-m".into(), "pip".into()]
            }
            (None, Some(executable)) => vec![executable.clone()],
            (None, None) => self._python.iter().cloned().chain(["-m", "pip"].map(String::from)).collect(),
        }
    }

    fn verb(&self) -> Vec<String> {
        let words: &[&str] = match self.state {
            State::Present => &["install"],
            State::Absent => &["uninstall", "-y"],
            State::Latest => &["install", "-U"],
            State::ForceReinstall => &["install", "-U", "--force-reinstall"],
        };
        words.iter().map(ToString::to_string).collect()
    }

    /// Makes the virtual environment where it is missing.
    fn make_environment(&self, target: &mut Target) -> Result<Environment, Fail> {
        let Some(path) = self.environment() else { return Ok(Environment::There) };
        if target.stat(path.join("bin/activate"))?.is_some() {
            return Ok(Environment::There);
        }
        let mut cmd = words::split(&self.virtualenv_command).map_err(Fail::new)?;
        let is_missing = cmd.first().is_some_and(|program| target.find_program(program).is_none());
        if self.virtualenv_command == "virtualenv" && is_missing {
            cmd = self._python.iter().cloned().chain(["-m", "venv"].map(String::from)).collect();
        } else if !cmd.iter().any(|word| word == "venv" || word.contains("pyvenv")) {
            let python = self.virtualenv_python.as_ref().or(self._python.first());
            cmd.extend(python.map(|python| format!("-p{python}")));
        } else if self.virtualenv_python.is_some() {
            let words = "virtualenv_python should not be used when using the venv module or pyvenv as virtualenv_command";
            return Err(Fail::new(words));
        }
        if self.virtualenv_site_packages {
            cmd.push("--system-site-packages".into());
        }
        cmd.push(path.display().to_string());
        let make = self.command(target, &cmd);
        let made =
            target.change(&path.display().to_string(), crate::Side::Absent, "virtualenv", |hands| {
                hands.run(&make)
            })?;
        Ok(if made.done().is_some() { Environment::There } else { Environment::Foretold })
    }

    /// A command with the umask, the directory and the path of programs to run it with.
    fn command(&self, target: &Target, words: &[String]) -> Command {
        let command = match &self.umask {
            Some(umask) => Command::new("/bin/sh")
                .args(["-c", "umask \"$0\" && exec \"$@\"", umask.as_str()])
                .args(words),
            None => Command::new(words.first().map_or("", String::as_str)).args(&words[1.min(words.len())..]),
        };
        let command =
            if self.break_system_packages { command.env("PIP_BREAK_SYSTEM_PACKAGES", "1") } else { command };
        let command = match self.environment() {
            // What is built may need programs that were installed there.
            Some(path) => command
                .env("PATH", &format!("{}/bin:{}", path.display(), target.env("PATH").unwrap_or_default())),
            None => command,
        };
        command.own_locale().cwd(self.chdir.as_deref().unwrap_or(Path::new("/tmp")))
    }

    fn listing(&self, target: &Target, pip: &[String]) -> Command {
        let words = ["list", "--format=json", "--disable-pip-version-check"].map(String::from);
        self.command(target, &[pip, &words].concat())
    }

    fn installed(&self, target: &mut Target, pip: &[String]) -> Result<Installed, Fail> {
        let listed = target.query(&self.listing(target, pip))?;
        if !listed.ok() {
            let said = listed.errors();
            return Err(Fail::new(format!(
                "cannot ask `{}` what is installed: {}",
                pip.join(" "),
                said.trim()
            )));
        }
        Ok(read(&listed.stdout))
    }

    /// Whether nothing is to be done for a package, as far as its own words tell.
    fn is_met(&self, package: &str, installed: &Installed) -> bool {
        let Some((name, version)) = parts(package) else { return false };
        let found = installed.get(&spelled(name));
        match self.state {
            State::Present => found.is_some_and(|there| version.is_none_or(|wanted| wanted == there)),
            State::Absent => found.is_none(),
            State::Latest | State::ForceReinstall => false,
        }
    }
}

/// Name and version of a package that is told in no other way.
fn parts(package: &str) -> Option<(&str, Option<&str>)> {
    let (name, version) = match package.split_once("==") {
        Some((name, version)) => (name.trim(), Some(version.trim())),
        None => (package, None),
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let is_version = |version: &str| !version.contains([',', ';', '*', ' ']);
    (name.chars().all(is_name) && version.is_none_or(is_version)).then_some((name, version))
}

/// A name in the one spelling that all its spellings mean.
fn spelled(name: &str) -> String {
    name.to_ascii_lowercase().replace(['_', '.'], "-")
}

fn read(json: &[u8]) -> Installed {
    let listed: serde_json::Value = serde_json::from_slice(json).unwrap_or_default();
    let text = |one: &serde_json::Value, key: &str| one.get(key).and_then(|v| v.as_str()).map(str::to_owned);
    let one = |one: &serde_json::Value| Some((spelled(&text(one, "name")?), text(one, "version")?));
    listed.as_array().into_iter().flatten().filter_map(one).to_map()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Sandbox;
    use crate::wire::Change;

    /// A `pip` that keeps names in a file; every version is 1.0.
    const PIP: &str = r#"
verb=$1; shift
case $verb in
list) printf '['; sep=; for name in $(cat $SANDBOX/have); do printf '%s{"name": "%s", "version": "1.0"}' "$sep" $name; sep=,; done; echo ']' ;;
install) for name; do case $name in -*) ;; *) echo ${name%%[=<>]*} >> $SANDBOX/have; tr . - < $SANDBOX/have | sort -u > $SANDBOX/rest; mv $SANDBOX/rest $SANDBOX/have ;; esac; done ;;
uninstall) shift; for name; do grep -vx $name $SANDBOX/have > $SANDBOX/rest; mv $SANDBOX/rest $SANDBOX/have; done ;;
esac
"#;

    #[test]
    fn packages_are_installed_once_and_removed_once() {
        let sandbox = Sandbox::new("pip").file("have", "").tool("pip9", PIP);
        let with = |name, state| json!({"name": name, "state": state, "executable": "pip9"});
        let changes = |args: serde_json::Value| {
            assert_eq!(sandbox.check(args.clone()).change, Change::Yes);
            assert_eq!(sandbox.run(args).change, Change::Yes);
        };
        changes(with("some.thing==1.0,other", "present"));
        sandbox.reads(with("some-thing", "present"));
        changes(with("other", "absent"));
        sandbox.reads(with("other", "absent"));
    }

    #[test]
    fn a_version_may_be_a_range() {
        let sandbox = Sandbox::new("pip").file("have", "").tool("pip9", PIP);
        let with = |version| json!({"name": "a", "version": version, "executable": "pip9"});
        let reply = sandbox.performs(with(">=1"));
        assert_eq!(reply.values["cmd"], json!(["pip9", "install", "a>=1"]));
        assert_eq!(reply.values["version"], ">=1");
        let reply = sandbox.reads(with("1.0"));
        assert_eq!((&reply["stdout"], &reply["name"]), (&json!(""), &json!(["a"])));
    }

    #[test]
    fn versions_stand_once_only() {
        let sandbox = Sandbox::new("pip").tool("pip9", PIP);
        let said = sandbox.fails(json!({"name": "a==1", "version": "2", "executable": "pip9"}));
        assert!(said.contains("version specifier"), "{said}");
        let said = sandbox.fails(json!({"name": "a", "umask": "99", "executable": "pip9"}));
        assert_eq!(said, "umask must be an octal integer");
    }
}
