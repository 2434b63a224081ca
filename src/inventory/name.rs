//! Names of groups that are made from values.

/// The name with everything replaced that could not stand in the name of a variable.
pub(super) fn sanitize(name: &str) -> String {
    let fits = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut safe: String = name.chars().map(|letter| if fits(letter) { letter } else { '_' }).collect();
    if let Some(first) = safe.chars().next().filter(|first| first.is_numeric()) {
        safe.replace_range(..first.len_utf8(), "_");
    }
    safe
}

#[cfg(test)]
mod tests {
    #[test]
    fn letters_that_no_variable_may_have_become_underscores() {
        for (name, expected) in [("eu-west.1", "eu_west_1"), ("1a", "_a"), ("ok_2", "ok_2")] {
            assert_eq!(super::sanitize(name), expected);
        }
    }
}
