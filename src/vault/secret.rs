//! Secrets and the ids they go by.

use std::fmt;

use zeroize::Zeroizing;

use super::armour::DEFAULT_ID;

/// A password; wiped when dropped, and never shown.
#[derive(Clone)]
pub(crate) struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes the bytes of a password.
    pub(crate) fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Zeroizing::new(bytes.into()))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The secrets of a run, each under its vault id, in the order given.
#[derive(Clone, Debug, Default)]
pub(crate) struct VaultSecrets {
    secrets: Vec<(String, Secret)>,
}

impl VaultSecrets {
    /// Adds a secret; without an id it goes by `default`.
    pub(crate) fn add(&mut self, id: Option<&str>, secret: Secret) {
        self.secrets.push((id.unwrap_or(DEFAULT_ID).to_string(), secret));
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    /// The ids, in the order given.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.secrets.iter().map(|(id, _)| id.as_str())
    }

    /// The secret of an id, or the first one where none is named: what to encrypt with.
    pub(crate) fn get(&self, id: Option<&str>) -> Option<&Secret> {
        let mut secrets = self.secrets.iter();
        secrets.find(|(known, _)| id.is_none_or(|id| id == known)).map(|(_, secret)| secret)
    }

    /// Those to try on a text: those of its id first.
    pub(super) fn candidates(&self, wanted: Option<&str>) -> impl Iterator<Item = (usize, &Secret)> {
        let matching = move |(_, (id, _)): &(usize, &(String, Secret))| Some(id.as_str()) == wanted;
        let indexed = || self.secrets.iter().enumerate();
        let first = indexed().filter(matching);
        first.chain(indexed().filter(move |s| !matching(s))).map(|(at, (_, secret))| (at, secret))
    }
}
