//! Host names folded together: `web1–web5, db1`.

use baton_modules::sorting::Sorting;

/// The number a name ends in or has within, and what stands around it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Numbered<'a> {
    prefix: &'a str,
    suffix: &'a str,
    number: u64,
    digits: &'a str,
}

/// Runs of at least this many names become a range.
const SHORTEST: usize = 3;

/// Names as ranges and lists; at most `most` words, then how many more.
pub(super) fn fold<'a>(names: impl IntoIterator<Item = &'a str>, most: usize) -> String {
    let mut plain = Vec::new();
    let mut numbered = Vec::new();
    for name in names {
        match split(name) {
            Some(found) => numbered.push((found, name)),
            None => plain.push((name.to_string(), 1)),
        }
    }
    numbered.put_in_order();
    numbered.dedup();
    let mut words = Vec::new();
    let mut rest = numbered.as_slice();
    while !rest.is_empty() {
        let run = run(rest);
        let (these, others) = rest.split_at(run);
        match these {
            [(_, first), .., (_, last)] if run >= SHORTEST => words.push((format!("{first}–{last}"), run)),
            _ => words.extend(these.iter().map(|(_, name)| (name.to_string(), 1))),
        }
        rest = others;
    }
    words.extend(plain);
    join(&words, most)
}

fn join(words: &[(String, usize)], most: usize) -> String {
    let (shown, hidden) = words.split_at(words.len().min(most));
    let mut text = shown.iter().map(|(word, _)| word.as_str()).collect::<Vec<_>>().join(", ");
    let more: usize = hidden.iter().map(|(_, count)| count).sum();
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    text
}

/// How many at the start follow each other.
fn run(names: &[(Numbered<'_>, &str)]) -> usize {
    let follows = |a: &Numbered<'_>, b: &Numbered<'_>| {
        let next = format!("{:0width$}", a.number.saturating_add(1), width = a.digits.len());
        (a.prefix, a.suffix, next.as_str()) == (b.prefix, b.suffix, b.digits)
    };
    1 + names.windows(2).take_while(|pair| follows(&pair[0].0, &pair[1].0)).count()
}

/// Takes a name apart at its last number in the first label (`web1.example.org`).
fn split(name: &str) -> Option<Numbered<'_>> {
    if name.parse::<std::net::IpAddr>().is_ok() {
        return None;
    }
    let label = name.split('.').next().unwrap_or(name);
    let end = label.rfind(|c: char| c.is_ascii_digit())? + 1;
    let start = label[..end].trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let digits = &label[start..end];
    Some(Numbered { prefix: &name[..start], suffix: &name[end..], number: digits.parse().ok()?, digits })
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn names_that_follow_each_other_become_a_range() {
        assert_eq!(fold(["web2", "web1", "db1", "web10", "web3", "web4"], 9), "db1, web1–web4, web10");
        assert_eq!(fold(["web1", "web2"], 9), "web1, web2");
        assert_eq!(fold(["n08.x", "n09.x", "n07.x", "n09.y"], 9), "n07.x–n09.x, n09.y");
        assert_eq!(fold(["web08", "web09", "web10"], 9), "web08–web10");
    }

    #[test]
    fn addresses_and_plain_names_stay_as_they_are() {
        assert_eq!(
            fold(["10.0.0.1", "10.0.0.2", "10.0.0.3", "localhost"], 9),
            "10.0.0.1, 10.0.0.2, 10.0.0.3, localhost"
        );
        assert_eq!(fold(["ü1", "ü2", "ü3"], 9), "ü1–ü3");
    }

    #[test]
    fn long_lists_say_how_many_more() {
        assert_eq!(fold(["a", "b", "c", "w1", "w2", "w3"], 2), "w1–w3, a and 2 more");
    }
}
