//! `baton docs`: writes the pages that come from tables.

mod pages;

use std::path::PathBuf;

use clap::Args;

use super::{Exit, Problem};

/// Write the generated pages of the documentation
#[derive(Args, Debug)]
pub(crate) struct DocsArgs {
    /// The directory of the documentation
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

pub(super) fn run(args: &DocsArgs) -> Result<Exit, Problem> {
    for (name, text) in pages::all()? {
        let path = args.directory.join(name);
        let directory = path.parent().unwrap_or(&args.directory);
        let written = std::fs::create_dir_all(directory).and_then(|()| std::fs::write(&path, text));
        written.map_err(|source| Problem::Write { path, source })?;
    }
    Ok(Exit::Success)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::pages;

    #[test]
    fn generated_pages_are_those_in_the_documentation() {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
        let mut wrong = Vec::new();
        for (name, text) in pages::all().unwrap() {
            let path = docs.join(&name);
            if std::fs::read_to_string(&path).ok().as_deref() != Some(&text) {
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(&path, text).unwrap();
                wrong.push(name);
            }
        }
        assert!(wrong.is_empty(), "these pages were written anew, commit them: {wrong:?}");
    }

    #[test]
    fn every_kind_of_event_has_its_place_on_the_page() {
        let pages = pages::all().unwrap();
        let (_, text) = pages.iter().find(|(name, _)| name == "events.md").unwrap();
        for name in ["run_started", "host_finished", "run_finished", "task_started", "play_aborted"] {
            assert!(text.contains(&format!("## {name}\n")), "{name}");
        }
        assert!(text.contains("| `outcome` |"));
    }
}
