//! `baton links`: symbolic links under the names of Ansible's tools, which baton then answers to.

use std::path::PathBuf;

use clap::Args;

use super::{Exit, Problem, launch, persona};

/// Make links by which baton answers to the names of Ansible's tools
#[derive(Args, Debug)]
pub(crate) struct LinksArgs {
    /// Where to make them; best a directory on PATH
    #[arg(value_name = "DIR")]
    directory: PathBuf,

    /// Replace what has these names there already
    #[arg(short, long)]
    force: bool,
}

pub(super) fn run(args: &LinksArgs) -> Result<Exit, Problem> {
    let own = std::env::current_exe().map_err(Problem::Start)?;
    std::fs::create_dir_all(&args.directory)
        .map_err(|source| Problem::Write { path: args.directory.clone(), source })?;
    for name in persona::NAMES {
        let path = args.directory.join(name);
        let problem = |source| Problem::Write { path: path.clone(), source };
        match std::fs::read_link(&path) {
            Ok(target) if target == own => continue,
            _ if path.symlink_metadata().is_err() => {}
            _ if args.force => std::fs::remove_file(&path).map_err(problem)?,
            _ => {
                let message = format!("there is something else of this name: `{}`", path.display());
                return Err(Problem::usage(message).hint("`--force` replaces it"));
            }
        }
        std::os::unix::fs::symlink(&own, &path).map_err(problem)?;
        launch::print(&format!("{}\n", path.display()));
    }
    Ok(Exit::Success)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_made_once_and_replace_nothing_unasked() {
        let directory = tempfile::tempdir().unwrap();
        let args = |force| LinksArgs { directory: directory.path().join("bin"), force };
        run(&args(false)).unwrap();
        let link = directory.path().join("bin/ansible-playbook");
        assert_eq!(std::fs::read_link(&link).unwrap(), std::env::current_exe().unwrap());
        run(&args(false)).unwrap();
        std::fs::remove_file(&link).unwrap();
        std::fs::write(&link, "mine").unwrap();
        assert!(run(&args(false)).is_err());
        assert_eq!(std::fs::read_to_string(&link).unwrap(), "mine");
        run(&args(true)).unwrap();
        assert!(link.is_symlink());
    }
}
