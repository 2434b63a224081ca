//! What a text in Python imports, as far as it comes from Ansible or from collections. Read from lines, not
//! from a syntax tree: one import too many does no harm.

/// The modules that a text may need. `package` is the package it stands in, for relative imports.
pub(super) fn imports(text: &str, package: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let line = line.trim_start();
        if !line.starts_with("import ") && !line.starts_with("from ") {
            continue;
        }
        let statement = whole(line, &mut lines);
        match statement.strip_prefix("from ") {
            Some(rest) => from(rest, package, &mut found),
            None => {
                let names = statement.trim_start_matches("import ").split(',');
                found.extend(names.filter_map(|name| name.split_whitespace().next()).map(str::to_owned));
            }
        }
    }
    found.retain(|name| name.starts_with("ansible.module_utils") || name.starts_with("ansible_collections."));
    found
}

/// A statement that goes on over several lines.
fn whole<'a>(first: &str, rest: &mut impl Iterator<Item = &'a str>) -> String {
    let plain = |line: &str| line.split('#').next().unwrap_or_default().trim_end().to_owned();
    let mut statement = plain(first);
    if statement.contains('(') {
        while !statement.contains(')') {
            let Some(line) = rest.next() else { break };
            statement.push(' ');
            statement.push_str(&plain(line));
        }
    }
    while statement.ends_with('\\') {
        statement.pop();
        statement.push_str(&rest.next().map(plain).unwrap_or_default());
    }
    statement
}

/// `from A import b, c as d`: both `A` and `A.b` may be modules.
fn from(rest: &str, package: &[&str], found: &mut Vec<String>) {
    let Some((module, names)) = rest.split_once(" import") else { return };
    let module = module.trim();
    let dots = module.len() - module.trim_start_matches('.').len();
    let named = module.trim_start_matches('.').trim();
    let mut base: Vec<&str> = match dots {
        0 => Vec::new(),
        up => package[..package.len().saturating_sub(up - 1)].to_vec(),
    };
    base.extend(named.split('.').filter(|part| !part.is_empty()));
    let base = base.join(".");
    for name in names.trim_matches(|c: char| c.is_whitespace() || "()".contains(c)).split(',') {
        if let Some(name) = name.split_whitespace().next().map(|name| name.trim_matches(['(', ')'])) {
            found.push(format!("{base}.{name}"));
        }
    }
    found.push(base);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_of_every_form_are_found() {
        let text = "import os\nimport ansible.module_utils.one, ansible.module_utils.two as t\n\
                    from ansible.module_utils.three import (  # why\n    a,\n    b as c,\n)\n\
                    try:\n    from ..module_utils.four import d\nexcept ImportError:\n    pass\n";
        let names = imports(text, &["ansible_collections", "n", "c", "plugins", "modules"]);
        let wanted = [
            "ansible.module_utils.one",
            "ansible.module_utils.two",
            "ansible.module_utils.three.a",
            "ansible.module_utils.three.b",
            "ansible.module_utils.three",
            "ansible_collections.n.c.plugins.module_utils.four.d",
            "ansible_collections.n.c.plugins.module_utils.four",
        ];
        assert_eq!(names, wanted);
    }
}
