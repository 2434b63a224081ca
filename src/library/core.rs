//! An ansible-core that is installed on this machine: its Python serves modules of the user's, and its modules
//! stand in for those that are not built in.

use std::env;
use std::path::{Path, PathBuf};

use super::search::{Found, Library};

/// Where packages of Python are beneath a directory of programs, of a home, and of a system.
const BESIDE_PROGRAMS: [&str; 2] = ["../lib/python3*/site-packages", "../lib/python3*/dist-packages"];
const IN_HOMES: [&str; 2] =
    [".local/lib/python3*/site-packages", ".local/share/pipx/venvs/ansible*/lib/python3*/site-packages"];

impl Library {
    /// The directory `ansible` of an ansible-core on this machine; looked for once, and no program is run for it.
    pub(super) fn core(&self) -> Option<&Path> {
        self.core.get_or_init(search).as_deref()
    }

    /// A module of ansible-core itself, if it needs nothing on the controller.
    pub(crate) fn of_core(&self, name: &str) -> Option<Found> {
        let short =
            ["ansible.builtin.", "ansible.legacy."].iter().find_map(|prefix| name.strip_prefix(prefix));
        let short = short.unwrap_or(name);
        if short.is_empty() || short.contains(['.', '/']) {
            return None;
        }
        let core = self.core()?;
        let path = core.join(format!("modules/{short}.py"));
        let needs_action = core.join(format!("plugins/action/{short}.py")).exists();
        (path.is_file() && !needs_action).then(|| Found { path, name: short.to_owned(), collection: None })
    }
}

fn search() -> Option<PathBuf> {
    let split = |name: &str| {
        env::var_os(name).map(|paths| env::split_paths(&paths).collect::<Vec<_>>()).unwrap_or_default()
    };
    let programs = split("PATH").into_iter().filter(|directory| directory.is_absolute());
    let programs = programs.flat_map(|directory| BESIDE_PROGRAMS.map(|place| directory.join(place)));
    let homes = env::home_dir().into_iter().flat_map(|home| IN_HOMES.map(|place| home.join(place)));
    let patterns = split("PYTHONPATH").into_iter().chain(programs).chain(homes);
    let mut cores = patterns.flat_map(|pattern| {
        let found = glob::glob(&pattern.to_string_lossy()).into_iter().flatten().flatten();
        found.map(|packages| packages.join("ansible")).collect::<Vec<_>>()
    });
    cores.find(|core| core.join("module_utils/basic.py").is_file())
}
