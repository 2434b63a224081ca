//! Where secrets come from: a file, a program that prints it, or a prompt.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::fs::{Access, access};

use super::{Secret, Vault, VaultError, is_encrypted};

/// `label@source` as `--vault-id` takes it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct VaultId {
    /// `None` where no label was given.
    pub id: Option<String>,
    pub source: SecretSource,
}

/// Where a secret is to be had.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum SecretSource {
    Prompt,
    /// A file with the secret or, if it is executable, a program that prints it.
    Path(PathBuf),
}

impl VaultId {
    /// Reads `prompt`, `PATH`, `LABEL@prompt` or `LABEL@PATH`.
    pub(crate) fn parse(text: &str) -> Self {
        let (id, source) = match text.split_once('@') {
            Some((id, source)) => (Some(id).filter(|id| !id.is_empty()), source),
            None => (None, text),
        };
        let source = match source {
            "prompt" | "prompt_ask_vault_pass" => SecretSource::Prompt,
            path => SecretSource::Path(PathBuf::from(path)),
        };
        Self { id: id.map(str::to_string), source }
    }

    /// Gets the secret. `ask` shows a prompt and reads without echo; `known` opens a secret
    /// file that is itself encrypted.
    pub(crate) fn secret(
        &self,
        known: &Vault,
        ask: impl FnOnce(&str) -> io::Result<String>,
    ) -> Result<Secret, VaultError> {
        let (text, from) = match &self.source {
            SecretSource::Prompt => {
                let prompt = self.prompt();
                (ask(&prompt).map_err(VaultError::Prompt)?.into_bytes(), "the prompt".to_string())
            }
            SecretSource::Path(path) => (self.read(path, known)?, path.display().to_string()),
        };
        if text.is_empty() { Err(VaultError::Empty(from)) } else { Ok(Secret::new(text)) }
    }

    /// Asks twice, for a secret that is to be set.
    pub(crate) fn new_secret(
        &self,
        mut ask: impl FnMut(&str) -> io::Result<String>,
    ) -> Result<Secret, VaultError> {
        let first = ask(&format!("New {}", self.prompt())).map_err(VaultError::Prompt)?;
        let again = ask(&format!("Confirm new {}", self.prompt())).map_err(VaultError::Prompt)?;
        if first != again {
            return Err(VaultError::Differs);
        }
        if first.is_empty() { Err(VaultError::Empty("the prompt".into())) } else { Ok(Secret::new(first)) }
    }

    fn prompt(&self) -> String {
        match &self.id {
            Some(id) => format!("Vault password ({id}): "),
            None => "Vault password: ".into(),
        }
    }

    fn read(&self, path: &Path, known: &Vault) -> Result<Vec<u8>, VaultError> {
        let unreadable = |source| VaultError::Unreadable { path: path.into(), source };
        let kind = std::fs::metadata(path).map_err(unreadable)?;
        if kind.is_dir() {
            return Err(unreadable(io::Error::from(io::ErrorKind::IsADirectory)));
        }
        if kind.is_file() && access(path, Access::EXEC_OK).is_ok() && is_executable(&kind) {
            return self.run(path);
        }
        let text = std::fs::read(path).map_err(unreadable)?;
        let text = if is_encrypted(&text) { known.decrypt(&text)? } else { text };
        Ok(text.trim_ascii().to_vec())
    }

    /// Runs a program for the secret on its standard output. One named `…-client` is told
    /// the vault id.
    fn run(&self, path: &Path) -> Result<Vec<u8>, VaultError> {
        let unusable = |source| VaultError::Script { path: path.into(), source };
        let full = std::path::absolute(path).map_err(unusable)?;
        let id = self.id.as_deref().unwrap_or(super::armour::DEFAULT_ID);
        let is_client =
            path.file_stem().and_then(OsStr::to_str).is_some_and(|name| name.ends_with("-client"));
        let mut command = Command::new(full);
        if is_client {
            command.args(["--vault-id", id]);
        }
        let done = command.stdin(Stdio::inherit()).output().map_err(unusable)?;
        if done.status.success() {
            let end = done.stdout.iter().rposition(|b| !matches!(b, b'\r' | b'\n')).map_or(0, |at| at + 1);
            return Ok(done.stdout[..end].to_vec());
        }
        if is_client && done.status.code() == Some(2) {
            return Err(VaultError::UnknownId { path: path.into(), id: id.into() });
        }
        let said = String::from_utf8_lossy(&done.stderr);
        let message = said.lines().next().unwrap_or("it said nothing").to_string();
        Err(VaultError::ScriptFailed { path: path.into(), status: done.status.to_string(), message })
    }
}

/// Root may execute everything, so the mode counts too.
fn is_executable(kind: &std::fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&kind.permissions()) & 0o111 != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::encrypt;

    fn no_prompt(_: &str) -> io::Result<String> {
        Err(io::Error::other("not to be asked"))
    }

    fn file(dir: &tempfile::TempDir, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = dir.path().join(name);
        // Written by another process: were it open here while another test forks, it would be busy.
        let script = r#"printf %s "$2" > "$1" && chmod "$3" "$1""#;
        let mode = format!("{mode:o}");
        let mut shell = Command::new("sh");
        shell.args(["-c", script, "sh"]).arg(&path).args([text, &mode]);
        assert!(shell.status().unwrap().success());
        path
    }

    fn secret(text: &str) -> Result<Vec<u8>, VaultError> {
        VaultId::parse(text).secret(&Vault::default(), no_prompt).map(|s| s.bytes().to_vec())
    }

    #[test]
    fn ids_are_read_as_ansible_reads_them() {
        let parsed = |id: Option<&str>, source| VaultId { id: id.map(str::to_string), source };
        assert_eq!(VaultId::parse("prompt"), parsed(None, SecretSource::Prompt));
        assert_eq!(VaultId::parse("dev@prompt"), parsed(Some("dev"), SecretSource::Prompt));
        assert_eq!(VaultId::parse("dev@a@b"), parsed(Some("dev"), SecretSource::Path("a@b".into())));
        assert_eq!(VaultId::parse("@f"), parsed(None, SecretSource::Path("f".into())));
    }

    #[test]
    fn a_file_gives_its_text_without_blanks_around_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = file(&dir, "pw", " s3cret \n", 0o600);
        assert_eq!(secret(&format!("dev@{}", path.display())).unwrap(), b"s3cret");
        let empty = file(&dir, "empty", "\n", 0o600);
        assert!(matches!(secret(&empty.display().to_string()), Err(VaultError::Empty(_))));
        assert!(matches!(secret("/nonexistent/file"), Err(VaultError::Unreadable { .. })));
        assert!(matches!(secret(&dir.path().display().to_string()), Err(VaultError::Unreadable { .. })));
    }

    #[test]
    fn a_program_prints_it() {
        let dir = tempfile::tempdir().unwrap();
        let plain = file(&dir, "pw.sh", "#!/bin/sh\necho \"got $#\"\n", 0o700);
        assert_eq!(secret(&format!("dev@{}", plain.display())).unwrap(), b"got 0");
        let client = file(&dir, "pw-client.sh", "#!/bin/sh\necho \"$1 $2\"\n", 0o700);
        assert_eq!(secret(&format!("dev@{}", client.display())).unwrap(), b"--vault-id dev");
    }

    #[test]
    fn a_program_that_fails_is_told_with_its_words() {
        let dir = tempfile::tempdir().unwrap();
        let bad = file(&dir, "bad", "#!/bin/sh\necho no keyring >&2\nexit 3\n", 0o700);
        let said = secret(&bad.display().to_string()).unwrap_err().to_string();
        assert!(said.ends_with("failed (exit status: 3): no keyring"), "{said}");
        let client = file(&dir, "x-client", "#!/bin/sh\nexit 2\n", 0o700);
        let said = secret(&format!("dev@{}", client.display())).unwrap_err().to_string();
        assert!(said.ends_with("knows no secret for the vault id `dev`"), "{said}");
    }

    #[test]
    fn an_encrypted_secret_file_is_opened_with_the_secrets_known_so_far() {
        let dir = tempfile::tempdir().unwrap();
        let outer = Secret::new("outer");
        let path = file(&dir, "pw", &encrypt(b"inner\n", None, &outer), 0o600);
        let mut secrets = crate::vault::VaultSecrets::default();
        secrets.add(None, outer);
        let id = VaultId::parse(&path.display().to_string());
        assert_eq!(id.secret(&Vault::new(secrets), no_prompt).unwrap().bytes(), b"inner");
    }

    #[test]
    fn a_prompt_names_the_id() {
        let mut asked = String::new();
        let answer = VaultId::parse("dev@prompt").secret(&Vault::default(), |prompt| {
            asked = prompt.to_string();
            Ok("pw".into())
        });
        assert_eq!((asked.as_str(), answer.unwrap().bytes()), ("Vault password (dev): ", b"pw".as_slice()));
        let mut answers = ["a", "b"].into_iter();
        let differing = VaultId::parse("prompt").new_secret(|_| Ok(answers.next().unwrap().into()));
        assert!(matches!(differing, Err(VaultError::Differs)));
    }
}
