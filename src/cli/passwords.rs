//! Passwords: from files, programs or the terminal; never from the command line.

use std::io;
use std::path::Path;

use super::flags::{BecomeFlags, ConnectionFlags, VaultFlags};
use super::{Problem, launch};
use crate::config::Config;
use crate::connection::Secret;
use crate::vault::{SecretSource, Vault, VaultId, VaultSecrets};

/// The passwords to connect and to become with.
#[derive(Clone)]
pub(super) struct Passwords {
    pub(super) connection: Option<Secret>,
    pub(super) r#become: Option<Secret>,
}

impl Passwords {
    /// Gets them as the flags and settings say.
    pub(super) fn get(
        connection: &ConnectionFlags,
        r#become: &BecomeFlags,
        config: &Config,
    ) -> Result<Self, Problem> {
        let file = connection.connection_password_file.as_deref();
        let file = file.or(config.connection_password_file.as_deref());
        let asked = connection.ask_pass || *config.ask_pass && file.is_none();
        let password = one(asked, file, "SSH password: ")?;
        let file = r#become.become_password_file.as_deref().or(config.become_password_file.as_deref());
        let asked = r#become.ask_become_pass || *config.become_ask_pass && file.is_none();
        let prompt = match password {
            Some(_) => "BECOME password[defaults to SSH password]: ",
            None => "BECOME password: ",
        };
        let becoming = one(asked, file, prompt)?;
        // ansible: nothing typed in means the same password again.
        let same = becoming.as_ref().is_some_and(|secret| secret.reveal().is_empty());
        let becoming = if same { password.clone() } else { becoming };
        Ok(Self { connection: password, r#become: becoming })
    }

    /// What no output may show.
    pub(super) fn words(&self) -> Vec<String> {
        [&self.connection, &self.r#become]
            .into_iter()
            .flatten()
            .map(|secret| secret.reveal().to_string())
            .collect()
    }
}

fn one(asked: bool, file: Option<&Path>, prompt: &str) -> Result<Option<Secret>, Problem> {
    if asked {
        return Ok(Some(Secret::new(ask(prompt).map_err(Problem::Prompt)?)));
    }
    let Some(path) = file else { return Ok(None) };
    // The same rules as for vault passwords: a file, or a program that prints it.
    let unusable = |source| Problem::PasswordFile { path: path.into(), source };
    let text = if is_program(path) {
        let output = std::process::Command::new(std::path::absolute(path).map_err(unusable)?)
            .stdin(std::process::Stdio::inherit())
            .output()
            .map_err(unusable)?;
        if !output.status.success() {
            return Err(unusable(io::Error::other(format!("the program failed ({})", output.status))));
        }
        output.stdout
    } else {
        std::fs::read(path).map_err(unusable)?
    };
    let text = String::from_utf8(text).map_err(|_| unusable(io::ErrorKind::InvalidData.into()))?;
    Ok(Some(Secret::new(text.trim_end_matches(['\r', '\n']))))
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// Reads a line from the terminal without showing it.
pub(super) fn ask(prompt: &str) -> io::Result<String> {
    match rpassword::prompt_password(prompt) {
        // Where there is no terminal, who started us may have it ready.
        Err(error) if error.raw_os_error() == Some(NO_TERMINAL) => {
            launch::say(prompt);
            let mut line = String::new();
            io::stdin().read_line(&mut line)?;
            if line.is_empty() {
                return Err(error);
            }
            Ok(line.trim_end_matches(['\r', '\n']).to_owned())
        }
        answer => answer,
    }
}

/// `ENXIO`: the process has no terminal of its own.
const NO_TERMINAL: i32 = 6;

/// The secrets of vaults, as the flags and settings say.
pub(super) fn vault(flags: &VaultFlags, config: &Config) -> Result<Vault, Problem> {
    let mut ids: Vec<VaultId> = config.vault_identity_list.iter().map(|text| VaultId::parse(text)).collect();
    ids.extend(flags.vault_id.iter().map(|text| VaultId::parse(text)));
    let label = Some(config.vault_identity.value.clone());
    let from_file =
        |path: &Path| VaultId { id: label.clone(), source: SecretSource::Path(path.to_path_buf()) };
    ids.extend(flags.vault_password_file.iter().map(|path| from_file(path)));
    ids.extend(config.vault_password_file.as_deref().map(from_file));
    let asked = ids.iter().any(|id| id.source == SecretSource::Prompt);
    if flags.ask_vault_pass || *config.ask_vault_pass && !asked {
        ids.push(VaultId { id: None, source: SecretSource::Prompt });
    }
    let mut secrets = VaultSecrets::default();
    let mut missed = Vec::new();
    for id in ids {
        let known = Vault::new(secrets.clone());
        match id.secret(&known, ask) {
            Ok(secret) => secrets.add(id.id.as_deref(), secret),
            // One that can be had is enough.
            Err(error) if matches!(id.source, SecretSource::Path(_)) => {
                missed.push((id.id.unwrap_or_else(|| "default".into()), error));
            }
            Err(error) => return Err(error.into()),
        }
    }
    for (id, error) in missed {
        if secrets.is_empty() {
            return Err(error.into());
        }
        let what = if error.is_missing_file() {
            "Error getting vault password file"
        } else {
            "Error in vault password file loading"
        };
        launch::say(&format!("[WARNING]: {what} ({id}): {error}"));
    }
    Ok(Vault::new(secrets).strict(*config.vault_id_match))
}
