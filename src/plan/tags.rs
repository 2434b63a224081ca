//! Which tasks `--tags` and `--skip-tags` choose.

/// The tags asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Choice {
    /// Of `--tags`; empty means `all`.
    pub only: Vec<String>,
    /// Of `--skip-tags`.
    pub skip: Vec<String>,
}

impl Choice {
    /// Whether nothing was asked for.
    pub(crate) fn is_all(&self) -> bool {
        self.only.is_empty() && self.skip.is_empty()
    }

    /// Whether a task with these tags, own and inherited, runs.
    pub(crate) fn chooses(&self, tags: &[String]) -> bool {
        let has = |tag: &str| tags.iter().any(|t| t == tag);
        let any =
            |of: &[String]| of.iter().any(|tag| if tags.is_empty() { tag == "untagged" } else { has(tag) });
        let asked = |word: &str| self.only.iter().any(|tag| tag == word);
        let all = self.only.is_empty() || asked("all");
        let wanted = has("always")
            || (all && !has("never"))
            || any(&self.only)
            || (asked("tagged") && !tags.is_empty() && !has("never"));
        wanted && !self.skips(tags)
    }

    fn skips(&self, tags: &[String]) -> bool {
        let has = |tag: &str| tags.iter().any(|t| t == tag);
        let skipped = |word: &str| self.skip.iter().any(|tag| tag == word);
        if skipped("all") {
            return !has("always") || skipped("always");
        }
        let listed = if tags.is_empty() { skipped("untagged") } else { self.skip.iter().any(|tag| has(tag)) };
        listed || (skipped("tagged") && !tags.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(String::from).collect()
    }

    #[test]
    fn tags_choose_as_in_ansible() {
        for (only, skip, tags, runs) in [
            ("", "", "", true),
            ("", "", "never", false),
            ("all", "", "a never", false),
            ("a", "", "a never", true),
            ("never", "", "never", true),
            ("b", "", "a", false),
            ("b", "", "always", true),
            ("tagged", "", "a", true),
            ("tagged", "", "", false),
            ("tagged", "", "a never", false),
            ("untagged", "", "", true),
            ("untagged", "", "a", false),
            ("", "a", "a b", false),
            ("", "all", "a", false),
            ("", "all", "always", true),
            ("", "all always", "always", false),
            ("", "always", "always", false),
            ("", "tagged", "a", false),
            ("", "tagged", "", true),
            ("", "untagged", "", false),
            ("a", "b", "a b", false),
        ] {
            let choice = Choice { only: words(only), skip: words(skip) };
            assert_eq!(choice.chooses(&words(tags)), runs, "--tags {only} --skip-tags {skip}: {tags}");
        }
    }
}
