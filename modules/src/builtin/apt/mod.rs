//! apt

mod cache;
mod deb;
mod get;
mod names;
mod plan;
mod status;
#[cfg(test)]
mod tests;

use crate::args::{Return, Value};
use crate::{Fail, Module, Target, args, choices, returns};

use status::Status;

args! {
    /// Install, upgrade and remove Debian packages.
    ///
    /// What a run would do is foretold by apt's own simulation.
    pub struct Apt as "apt" {
        /// Packages: `foo`, `foo=1.0`, `foo>=1.0`, patterns as `foo*` and `foo=1.0*`.
        #[alias("package", "pkg")]
        name: Vec<String> = "",
        /// Whether they are to be there.
        state: State = "present",
        /// Whether to fetch the lists of packages first.
        #[alias("update-cache")]
        update_cache: Option<bool>,
        /// How many seconds old the lists of packages may be before they are fetched.
        cache_valid_time: u64 = 0,
        /// How many times fetching the lists is tried again.
        update_cache_retries: u32 = 5,
        /// The longest pause between two tries, in seconds.
        update_cache_retry_max_delay: u64 = 12,
        /// Whether configuration files are removed too.
        purge: bool = false,
        /// Whether packages that nothing needs any more are removed too.
        autoremove: bool = false,
        /// Whether kept package files that nobody offers any more are removed.
        autoclean: bool = false,
        /// Whether all kept package files are removed.
        clean: bool = false,
        /// A package file on the target, or the address of one.
        deb: Option<String>,
        /// The release to prefer.
        #[alias("default-release")]
        default_release: Option<String>,
        /// Whether recommended packages are installed too; else as apt is set up.
        #[alias("install-recommends")]
        install_recommends: Option<bool>,
        /// Whether apt may do what it asks for twice: install what nobody signed, go back, change what is held.
        force: bool = false,
        /// Accepted; it is always `apt-get` that does the work.
        force_apt_get: bool = false,
        /// Accepted; nothing needs to be installed for this module.
        auto_install_module_deps: bool = true,
        /// Upgrade everything: `dist` and `full` remove what is in the way, `safe` and `yes` do not.
        upgrade: Upgrade = "no",
        /// Options for dpkg, without their dashes.
        dpkg_options: String = "force-confdef,force-confold",
        /// The answer to packages that ask whether they may start services, as 101 for no.
        policy_rc_d: Option<i32>,
        /// Whether only packages that are installed are upgraded.
        only_upgrade: bool = false,
        /// Whether the task fails where packages would have to be removed.
        fail_on_autoremove: bool = false,
        /// Whether packages that are on hold may be changed.
        allow_change_held_packages: bool = false,
        /// Whether an older version may replace a newer one.
        #[alias("allow-downgrade", "allow_downgrades", "allow-downgrades")]
        allow_downgrade: bool = false,
        /// Whether packages that nobody signed may be installed.
        #[alias("allow-unauthenticated")]
        allow_unauthenticated: bool = false,
        /// For how many seconds the locks of apt and dpkg are waited for.
        lock_timeout: u64 = 60,
    }
    rules [
        MutuallyExclusive(&["deb", "name", "upgrade"]),
    ]
}

returns! {
    /// Whether the lists of packages were fetched.
    cache_updated: bool,
    /// When they were last fetched, in seconds since 1970; 0 where that is not known.
    cache_update_time: int,
    /// What apt said.
    stdout: str,
    /// What apt complained about.
    stderr: str,
}

choices! {
    /// Whether packages are to be there.
    pub enum State {
        /// There, in the version that is named.
        Present = "present" | "installed",
        /// Not there.
        Absent = "absent" | "removed",
        /// There, in the newest version.
        Latest = "latest",
        /// What is needed to build them is there.
        BuildDep = "build-dep",
        /// Broken dependencies are mended.
        Fixed = "fixed",
    }
}

choices! {
    /// How everything is upgraded.
    pub enum Upgrade {
        /// Not at all.
        No = "no",
        /// New packages may come, none may go.
        Yes = "yes",
        /// As `yes`.
        Safe = "safe",
        /// Packages may come and go.
        Full = "full",
        /// As `full`.
        Dist = "dist",
    }
}

impl Module for Apt {
    const RETURNS: &'static [Return] = RETURNS;
    const EXAMPLES: &'static str = "\
- name: Have a web server
  ansible.builtin.apt:
    name: [nginx, 'openssl=3.*']
    update_cache: true
    cache_valid_time: 3600

- name: Bring everything up to date
  ansible.builtin.apt:
    upgrade: dist
    autoremove: true
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        if target.find_program("apt-get").is_none() {
            return Err(Fail::new("no `apt-get` on this host"));
        }
        target.set("stdout", "");
        target.set("stderr", "");
        cache::refresh(&self, target)?;
        if self.clean {
            cache::clean(&self, target)?;
        }
        if self.upgrade != Upgrade::No || (self.state == State::Latest && self.name == ["*"]) {
            return self.carry_out(target, &self.upgrade_words());
        }
        if let Some(deb) = &self.deb {
            return deb::install(&self, target, deb);
        }
        if !self.name.is_empty() || self.state == State::Fixed {
            return self.bring(target);
        }
        if self.autoclean {
            cache::autoclean(&self, target)?;
        }
        if self.autoremove { self.carry_out(target, &self.autoremove_words()) } else { Ok(()) }
    }
}

impl Apt {
    fn upgrade_words(&self) -> Vec<String> {
        let words: &[&str] = match self.upgrade {
            Upgrade::Full | Upgrade::Dist => &["dist-upgrade"],
            _ => &["upgrade", "--with-new-pkgs"],
        };
        words
            .iter()
            .map(|word| (*word).to_owned())
            .chain(self.autoremove.then(|| "--auto-remove".into()))
            .collect()
    }

    fn autoremove_words(&self) -> Vec<String> {
        std::iter::once("autoremove".to_owned()).chain(self.purge.then(|| "--purge".into())).collect()
    }

    /// Brings the named packages to their state.
    fn bring(&self, target: &mut Target) -> Result<(), Fail> {
        let status = Status::read(target)?;
        let names = match self.state {
            State::Absent => names::to_remove(self, &status)?,
            State::BuildDep => self.name.clone(),
            State::Fixed => Vec::new(),
            _ => names::to_install(self, target, &status)?,
        };
        if names.is_empty() && self.state != State::Fixed {
            return if self.autoremove { self.carry_out(target, &self.autoremove_words()) } else { Ok(()) };
        }
        let verb = match self.state {
            State::Absent if self.purge => "purge",
            State::Absent => "remove",
            State::BuildDep => "build-dep",
            _ => "install",
        };
        let mut words = vec![verb.to_owned()];
        words.extend((self.state == State::Fixed).then(|| "--fix-broken".to_owned()));
        words.extend((self.only_upgrade && verb == "install").then(|| "--only-upgrade".to_owned()));
        words.extend((self.autoremove && self.state != State::BuildDep).then(|| "--auto-remove".to_owned()));
        words.push("--".into());
        words.extend(names);
        self.carry_out(target, &words)
    }

    /// Has apt do it, after it has said what that would be.
    fn carry_out(&self, target: &mut Target, words: &[String]) -> Result<(), Fail> {
        let status = Status::read(target)?;
        let plan = plan::simulate(self, target, words)?;
        let policy = target.system("/usr/sbin/policy-rc.d");
        let made = target.change("packages", plan.before(&status), plan.after(), |hands| {
            let output =
                get::with_policy(hands, self.policy_rc_d, &policy, |hands| get::run(self, hands, words))?;
            hands.set("stdout", output.text());
            hands.set("stderr", output.errors());
            Ok(())
        })?;
        if made.differs() && made.done().is_none() {
            target.set("stdout", Value::from(plan.said));
        }
        Ok(())
    }
}
