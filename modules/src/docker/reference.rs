//! Names of images: `registry/path:tag@digest`, and what is left off in them.

use std::fmt;

use crate::Fail;

/// The registry of names that have none.
pub const HUB: &str = "docker.io";

/// The name of an image, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// All before tag and digest, as written.
    pub repository: String,
    /// The tag, where it was written.
    pub tag: Option<String>,
    /// The digest, as `sha256:…`, where it was written.
    pub digest: Option<String>,
}

/// Whether a name is the number of an image, `sha256:` and 64 digits.
pub fn is_id(name: &str) -> bool {
    let digits = name.strip_prefix("sha256:").unwrap_or_default();
    digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl Reference {
    /// Takes a name apart.
    ///
    /// # Errors
    /// When no image can have it.
    pub fn parse(name: &str) -> Result<Self, Fail> {
        let (rest, digest) = match name.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.to_owned())),
            None => (name, None),
        };
        let (repository, tag) = match rest.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag.to_owned())),
            _ => (rest, None),
        };
        let wrong = |why: &str| Err(Fail::new(format!("{why}: `{name}`")));
        let path = Self::split(repository).1;
        if repository.is_empty() || path.is_empty() {
            return wrong("expected the name of an image");
        }
        if path.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return wrong("the name of an image has no capitals");
        }
        let is_part = |part: &str| {
            let inner =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
            let ends = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
            part.bytes().all(inner) && ends(part.as_bytes().first()) && ends(part.as_bytes().last())
        };
        if !path.split('/').all(is_part) {
            return wrong(
                "the name of an image has only small letters, digits, and `.`, `_` or `-` between them",
            );
        }
        if let Some(tag) = tag.as_deref().filter(|tag| !is_tag(tag)) {
            return wrong(&format!("`{tag}` is no tag in the name of an image"));
        }
        if digest.as_deref().is_some_and(|digest| !digest.contains(':')) {
            return wrong("expected a digest as `sha256:…` behind the `@`");
        }
        Ok(Self { repository: repository.to_owned(), tag, digest })
    }

    /// With this tag where it has neither tag nor digest; an empty one leaves it as it is.
    pub fn or_tag(mut self, tag: &str) -> Result<Self, Fail> {
        if self.tag.is_none() && self.digest.is_none() && !tag.is_empty() {
            if let Some(digest) = tag.contains(':').then(|| tag.to_owned()) {
                // ansible: a digest may stand where a tag does
                self.digest = Some(digest);
            } else if is_tag(tag) {
                self.tag = Some(tag.to_owned());
            } else {
                return Err(Fail::new(format!("expected a tag of an image, found `{tag}`")));
            }
        }
        Ok(self)
    }

    /// The host of its registry, with the port where one is written.
    pub fn registry(&self) -> &str {
        match Self::split(&self.repository).0 {
            "" | "index.docker.io" => HUB,
            host => host,
        }
    }

    /// Its path in the registry.
    pub fn path(&self) -> String {
        let path = Self::split(&self.repository).1;
        if self.registry() == HUB && !path.contains('/') {
            format!("library/{path}")
        } else {
            path.to_owned()
        }
    }

    /// What tells versions in one repository apart: the digest, else the tag.
    pub fn version(&self) -> &str {
        self.digest.as_deref().or(self.tag.as_deref()).unwrap_or("latest")
    }

    /// The part before the first slash is a registry where it could be no path.
    fn split(repository: &str) -> (&str, &str) {
        match repository.split_once('/') {
            Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => (host, path),
            _ => ("", repository),
        }
    }
}

fn is_tag(tag: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let first = tag.as_bytes().first().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    tag.len() <= 128 && first && tag.bytes().all(inner)
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        self.digest.as_ref().map_or(Ok(()), |digest| write!(f, "@{digest}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(name: &str) -> (String, String, String) {
        let name = Reference::parse(name).unwrap().or_tag("latest").unwrap();
        (name.registry().to_owned(), name.path(), name.version().to_owned())
    }

    fn wrong(name: &str) -> String {
        Reference::parse(name).unwrap_err().message
    }

    #[test]
    fn what_is_left_off_is_dockers_own() {
        let is = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        assert_eq!(taken("nginx"), is("docker.io", "library/nginx", "latest"));
        assert_eq!(taken("me/app:2"), is("docker.io", "me/app", "2"));
        assert_eq!(taken("localhost/app"), is("localhost", "app", "latest"));
        assert_eq!(taken("127.0.0.1:5000/a/b"), is("127.0.0.1:5000", "a/b", "latest"));
        assert_eq!(taken("quay.io/a:1@sha256:aa"), is("quay.io", "a", "sha256:aa"));
        assert_eq!(Reference::parse("a:1@sha256:b").unwrap().to_string(), "a:1@sha256:b");
    }

    #[test]
    fn names_that_no_image_can_have_are_told_apart() {
        assert_eq!(wrong("MyApp"), "the name of an image has no capitals: `MyApp`");
        assert!(wrong("").starts_with("expected the name of an image"));
        assert!(wrong("a b").starts_with("the name of an image has only"));
        assert!(wrong("a:$x").starts_with("`$x` is no tag"));
        assert!(wrong("http://a.b/c").starts_with("the name of an image"), "{}", wrong("http://a.b/c"));
    }
}
