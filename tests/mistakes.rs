//! The page of typical mistakes: the cases of `cases/mistakes` and what baton prints of them, held equal to
//! `docs/mistakes.md`. `BLESS=1` writes the page anew.

use std::path::{Path, PathBuf};

use crate::test::Test;

const HEAD: &str = "\
<!-- Generated from `tests/cases/mistakes` by `BLESS=1 cargo test --test main mistakes`; do not edit. -->
# Typical mistakes, and what baton says of them

Mistakes that can be known before a host is touched are told all at once, with the place, the reason and the way to
mend them; `baton check` looks for them in whole trees. Each playbook below is a case of `tests/cases/mistakes`, where
the inventory `hosts` lies, too.
";

#[test]
fn the_page_of_mistakes_shows_what_is_printed() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cases = top.join("tests/cases/mistakes");
    let sections = (1..).zip(listed(&cases)).map(|(number, case)| section(number, &cases, &case));
    let page = sections.fold(HEAD.to_owned(), |page, section| page + &section);
    let path = top.join("docs/mistakes.md");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &page).expect("a written page");
    }
    let written = std::fs::read_to_string(&path).expect("the page");
    let differing = written.lines().zip(page.lines()).find(|(old, new)| old != new);
    assert!(
        written == page,
        "docs/mistakes.md is not what is printed now: {differing:?}; see the head of this file"
    );
}

fn listed(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).expect("the cases").map(|entry| entry.expect("a case").path());
    let mut cases: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|e| e == "yml")).collect();
    cases.sort();
    cases
}

fn section(number: usize, directory: &Path, case: &Path) -> String {
    let name = case.file_name().and_then(|name| name.to_str()).expect("a name in UTF-8");
    let text = std::fs::read_to_string(case).expect("a case");
    let playbook: String =
        text.lines().filter(|line| !is_annotation(line)).map(|line| format!("{line}\n")).collect();
    let title = playbook.lines().next().and_then(|line| line.strip_prefix("# ")).expect("a title");
    let words: Vec<&str> = playbook
        .lines()
        .find_map(|line| line.strip_prefix("# run: "))
        .map_or(Vec::new(), |line| line.split(' ').collect());
    let inventory: &[&str] = if words.contains(&"-i") { &[] } else { &["-i", "hosts"] };
    let shown: String =
        playbook.lines().filter(|line| !line.starts_with("# ")).map(|line| format!("{line}\n")).collect();
    let outcome = Test::new()
        .tree(directory)
        .file(name, &shown)
        .args(["run", name, "--no-log"])
        .args(inventory.iter().chain(&words).copied())
        .look();
    let command = [&["baton", "run", name], inventory, words.as_slice()].concat().join(" ");
    let printed = [outcome.stderr, outcome.stdout].concat();
    let printed = printed.replace("TMP/.home/", "~/").replace("TMP/", "");
    let printed = printed.trim_end();
    format!("\n## {number}. {title}\n\n```yaml\n{shown}```\n\n```\n$ {command}\n{printed}\n```\n")
}

fn is_annotation(line: &str) -> bool {
    let kinds = ["# error:", "# warning:", "# hint:", "# expect:", "# status:"];
    kinds.iter().any(|kind| line.trim_start().starts_with(kind))
}
