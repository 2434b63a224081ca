//! How one pattern finds names: a plain name, a glob or a regular expression.

use super::{GroupId, HostId, Inventory};

/// How names are compared.
pub(super) enum Matcher<'a> {
    Name(&'a str),
    Regex(Box<fancy_regex::Regex>),
}

impl<'a> Matcher<'a> {
    pub(super) fn new(text: &'a str) -> Result<Self, Box<fancy_regex::Error>> {
        let expression = match text.strip_prefix('~') {
            Some(regex) => format!("^(?:{regex})"),
            None if text.contains(['*', '?', '[']) => glob(text),
            None => return Ok(Self::Name(text)),
        };
        Ok(Self::Regex(Box::new(fancy_regex::Regex::new(&expression)?)))
    }

    /// Hosts of the groups that match, then hosts that match; `None` when nothing at all does.
    pub(super) fn hosts(&self, inventory: &Inventory) -> Option<Vec<HostId>> {
        match self {
            Self::Name("all") => Some(inventory.members(GroupId::ALL)),
            Self::Name(name) => {
                let group = inventory.group_id(name);
                let host = inventory.hosts_of_name(name).filter(|_| group.is_none() || name.contains('.'));
                let local = || inventory.host_id(name).filter(|_| group.is_none());
                let mut found = group.map(|g| inventory.members(g)).unwrap_or_default();
                found.extend(host.or_else(local));
                (group.is_some() || !found.is_empty()).then_some(found)
            }
            Self::Regex(expression) => {
                let fits = |name: &str| expression.is_match(name).unwrap_or(false);
                let groups: Vec<GroupId> =
                    inventory.groups().filter(|(_, g)| fits(&g.name)).map(|(id, _)| id).collect();
                let mut found: Vec<HostId> = groups.iter().flat_map(|g| inventory.members(*g)).collect();
                found.extend(inventory.hosts().filter(|(_, h)| fits(&h.name)).map(|(id, _)| id));
                (!groups.is_empty() || !found.is_empty()).then_some(found)
            }
        }
    }
}

/// A shell glob as a regular expression over the whole name.
fn glob(text: &str) -> String {
    let mut expression = String::from("^");
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        rest = &rest[letter.len_utf8()..];
        match letter {
            '*' => expression.push_str(".*"),
            '?' => expression.push('.'),
            '[' => match class(rest) {
                Some((class, length)) => {
                    expression.push_str(&class);
                    rest = &rest[length..];
                }
                None => expression.push_str(r"\["),
            },
            other => expression.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
        }
    }
    expression + "$"
}

/// `a-z]` or `!abc]` as a class of a regular expression, and how many bytes it took.
fn class(text: &str) -> Option<(String, usize)> {
    let negated = text.starts_with('!');
    let body = &text[usize::from(negated)..];
    let first = body.chars().next().map_or(0, char::len_utf8);
    let end = body.get(first..)?.find(']')? + first;
    let set = body[..end]
        .replace('\\', r"\\")
        .replace('[', r"\[")
        .replace('^', r"\^")
        .replace('&', r"\&")
        .replace(']', r"\]");
    let class = format!("[{}{set}]", if negated { "^" } else { "" });
    Some((class, usize::from(negated) + end + 1))
}

impl Inventory {
    /// The host written in an inventory under just this name.
    pub(super) fn hosts_of_name(&self, name: &str) -> Option<HostId> {
        self.host_id(name).filter(|id| !self.host(*id).implicit && &*self.host(*id).name == name)
    }
}
