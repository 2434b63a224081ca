//! Host ranges, `web[01:50:2]` and `db-[a:f]`, written out in full.

/// Every name that a text with ranges stands for; the text itself when it has none.
pub(super) fn expand(text: &str) -> Result<Vec<String>, RangeError> {
    let Some((head, rest)) = text.split_once('[') else { return Ok(vec![text.into()]) };
    let (bounds, tail) = rest.split_once(']').ok_or(RangeError::Open)?;
    let tails = expand(tail)?;
    let mut names = Vec::new();
    for step in steps(bounds)? {
        names.extend(tails.iter().map(|tail| format!("{head}{step}{tail}")));
    }
    Ok(names)
}

/// What is wrong with a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum RangeError {
    #[error("the range is not closed, `]` is missing")]
    Open,
    #[error("a range is `begin:end` or `begin:end:step`")]
    Form,
    #[error("a range needs an end")]
    NoEnd,
    #[error("begin and end of a range with leading zeros must be of the same length")]
    Length,
    #[error("the range ends before it begins")]
    Backwards,
    #[error("begin and end of a range are both numbers or both single letters")]
    Mixed,
    #[error("the step of a range must be a number above zero")]
    Step,
}

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

fn steps(bounds: &str) -> Result<Vec<String>, RangeError> {
    let parts: Vec<&str> = bounds.split(':').collect();
    let (begin, end, step) = match parts[..] {
        [begin, end] => (begin, end, 1),
        [begin, end, step] => (begin, end, step.parse().ok().filter(|s| *s > 0).ok_or(RangeError::Step)?),
        _ => return Err(RangeError::Form),
    };
    let begin = if begin.is_empty() { "0" } else { begin };
    if end.is_empty() {
        return Err(RangeError::NoEnd);
    }
    let padded = begin.starts_with('0') && begin.len() > 1;
    if padded && begin.len() != end.len() {
        return Err(RangeError::Length);
    }
    if let (Some(from), Some(to)) = (LETTERS.find(begin), LETTERS.find(end)) {
        let letters =
            LETTERS.get(from..to + end.len()).filter(|_| from <= to).ok_or(RangeError::Backwards)?;
        return Ok(letters.chars().step_by(step).map(String::from).collect());
    }
    let number = |text: &str| text.parse::<u64>().map_err(|_| RangeError::Mixed);
    let (from, to) = (number(begin)?, number(end)?);
    if from > to {
        return Err(RangeError::Backwards);
    }
    let width = if padded { begin.len() } else { 0 };
    Ok((from..=to).step_by(step).map(|n| format!("{n:0width$}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> String {
        expand(text).unwrap().join(" ")
    }

    #[test]
    fn ranges_expand_with_padding_steps_and_letters() {
        let table = [
            ("web", "web"),
            ("web[1:3]", "web1 web2 web3"),
            ("web[01:10:4].example", "web01.example web05.example web09.example"),
            ("web[:2]", "web0 web1 web2"),
            ("db-[a:c]", "db-a db-b db-c"),
            ("db-[y:B]", "db-y db-z db-A db-B"),
            ("r[1:2]-[a:b]", "r1-a r1-b r2-a r2-b"),
            ("n[8:11]", "n8 n9 n10 n11"),
        ];
        for (text, expected) in table {
            assert_eq!(names(text), expected, "{text}");
        }
    }

    #[test]
    fn wrong_ranges_say_what_is_wrong() {
        let table = [
            ("w[1:2", RangeError::Open),
            ("w[1]", RangeError::Form),
            ("w[1:2:3:4]", RangeError::Form),
            ("w[1:]", RangeError::NoEnd),
            ("w[01:100]", RangeError::Length),
            ("w[c:a]", RangeError::Backwards),
            ("w[3:1]", RangeError::Backwards),
            ("w[1:x]", RangeError::Mixed),
            ("w[1:3:0]", RangeError::Step),
        ];
        for (text, expected) in table {
            assert_eq!(expand(text), Err(expected), "{text}");
        }
    }
}
