//! `baton vault`: encrypts and opens files and strings as `ansible-vault` does.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command as Process;

use clap::{Args, Subcommand};

use super::flags::VaultFlags;
use super::{Exit, Problem, ground, launch, passwords};
use crate::config::Config;
use crate::vault::{Secret, SecretSource, Vault, VaultId, encrypt, encrypt_salted, is_encrypted};

/// Encrypt and open files and strings
#[derive(Args, Debug)]
pub(crate) struct VaultArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// Make a new encrypted file in an editor
    Create(One),
    /// Change an encrypted file in an editor
    Edit(One),
    /// Show what encrypted files hold
    View(Many),
    /// Encrypt files
    Encrypt(Many),
    /// Decrypt files
    Decrypt(Many),
    /// Encrypt files anew with another password
    Rekey(Rekey),
    /// Encrypt strings, to be put into a file of variables
    #[command(name = "encrypt_string", visible_alias = "encrypt-string")]
    EncryptString(Strings),
}

#[derive(Args, Debug)]
struct One {
    file: PathBuf,
    #[command(flatten)]
    secret: SecretFlags,
}

#[derive(Args, Debug)]
struct Many {
    /// Files; none or `-` is standard input
    files: Vec<PathBuf>,
    /// Write here instead; `-` is standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    secret: SecretFlags,
}

#[derive(Args, Debug)]
struct Rekey {
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The new password: `LABEL@FILE`, `LABEL@prompt`
    #[arg(long, value_name = "ID")]
    new_vault_id: Option<String>,
    /// A file with the new password
    #[arg(long, value_name = "FILE", conflicts_with = "new_vault_id")]
    new_vault_password_file: Option<PathBuf>,
    #[command(flatten)]
    secret: SecretFlags,
}

#[derive(Args, Debug)]
struct Strings {
    /// Strings; `-` is standard input
    #[arg(value_name = "STRING")]
    strings: Vec<String>,
    /// The name of the variable; may be repeated, one for each string
    #[arg(short, long, value_name = "NAME")]
    name: Vec<String>,
    /// The name of the variable for what standard input gives
    #[arg(long, value_name = "NAME")]
    stdin_name: Option<String>,
    /// Ask for the string
    #[arg(short, long)]
    prompt: bool,
    /// Show the string while it is typed
    #[arg(long, requires = "prompt")]
    show_input: bool,
    /// Write here instead of to standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    secret: SecretFlags,
}

#[derive(Args, Debug)]
struct SecretFlags {
    /// Say more; may be repeated
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,
    /// The label of the password to encrypt with
    #[arg(long, value_name = "LABEL")]
    encrypt_vault_id: Option<String>,
    #[command(flatten)]
    vault: VaultFlags,
}

pub(super) fn run(args: &VaultArgs) -> Result<Exit, Problem> {
    let cwd = std::env::current_dir().map_err(Problem::Start)?;
    let (config, diagnostics) = ground::settings(&cwd);
    if diagnostics.has_errors() {
        return Err(Problem::Text(diagnostics));
    }
    match &args.action {
        Action::Create(one) => Safe::new(&one.secret, &config, true)?.create(&one.file)?,
        Action::Edit(one) => Safe::new(&one.secret, &config, false)?.edit(&one.file)?,
        Action::View(many) => {
            let safe = Safe::new(&many.secret, &config, false)?;
            each(many, Some(Path::new("-")), |text| safe.open(&text))?;
        }
        Action::Encrypt(many) => {
            let safe = Safe::new(&many.secret, &config, true)?;
            each(many, many.output.as_deref(), |text| safe.close(&text))?;
        }
        Action::Decrypt(many) => {
            let safe = Safe::new(&many.secret, &config, false)?;
            each(many, many.output.as_deref(), |text| safe.open(&text))?;
        }
        Action::Rekey(rekey) => self::rekey(rekey, &config)?,
        Action::EncryptString(strings) => encrypt_strings(strings, &config)?,
    }
    Ok(Exit::Success)
}

/// The secrets, and the one to encrypt with.
struct Safe {
    vault: Vault,
    id: Option<String>,
    /// The label that was asked for.
    chosen: Option<String>,
    secret: Option<Secret>,
    /// The salt to encrypt with, where one is set; else each text gets its own.
    salt: Option<String>,
}

impl Safe {
    fn new(flags: &SecretFlags, config: &Config, encrypts: bool) -> Result<Self, Problem> {
        let vault = passwords::vault(&flags.vault, config)?;
        let salt = config.vault_encrypt_salt.value.clone().filter(|salt| !salt.is_empty());
        let mut id = flags.encrypt_vault_id.clone().or_else(|| config.vault_encrypt_identity.value.clone());
        let ids: Vec<_> = vault.secrets().ids().map(String::from).collect();
        if encrypts && id.is_none() && ids.len() > 1 {
            let labels = ids.join("`, `");
            return Err(Problem::usage(format!("several vault passwords were given: `{labels}`"))
                .hint("choose the one to encrypt with by `--encrypt-vault-id LABEL`"));
        }
        if encrypts && vault.secrets().is_empty() {
            let asked = VaultId { id: id.clone(), source: SecretSource::Prompt };
            let secret = asked.new_secret(passwords::ask)?;
            return Ok(Self { vault, chosen: id.clone(), id, secret: Some(secret), salt });
        }
        let chosen = id.clone();
        let secret = vault.secrets().get(id.as_deref()).cloned();
        if let (Some(wanted), None) = (&id, &secret) {
            return Err(Problem::Label { wanted: wanted.clone(), known: ids });
        }
        id = id.or_else(|| ids.first().cloned()).filter(|id| id != "default");
        Ok(Self { vault, id, chosen, secret, salt })
    }

    fn open(&self, text: &[u8]) -> Result<Vec<u8>, Problem> {
        Ok(self.vault.decrypt(text)?)
    }

    fn close(&self, text: &[u8]) -> Result<Vec<u8>, Problem> {
        if is_encrypted(text) {
            return Err(Problem::usage("it is encrypted already"));
        }
        let Some(secret) = &self.secret else { return Err(Problem::usage("no vault password was given")) };
        Ok(self.seal(text, self.id.as_deref(), secret).into_bytes())
    }

    fn seal(&self, text: &[u8], id: Option<&str>, secret: &Secret) -> String {
        match &self.salt {
            Some(salt) => encrypt_salted(text, id, secret, salt.as_bytes()),
            None => encrypt(text, id, secret),
        }
    }

    fn create(&self, file: &Path) -> Result<(), Problem> {
        if file.exists() {
            let message = format!("the file exists: `{}`", file.display());
            return Err(Problem::usage(message).hint("change it with `baton vault edit`"));
        }
        let text = edited(b"")?;
        write(file, &self.close(&text)?)
    }

    fn edit(&self, file: &Path) -> Result<(), Problem> {
        let sealed = read(file)?;
        let old = self.vault.opened(&sealed)?;
        let new = edited(&old.plain)?;
        if new == old.plain {
            return Ok(());
        }
        // It stays under the password that it was under, unless another is asked for.
        let (id, secret) = match (&self.chosen, &self.secret) {
            (Some(id), Some(secret)) => (Some(id.as_str()), secret),
            _ => (old.id.as_deref(), old.secret),
        };
        write(file, self.seal(&new, id, secret).as_bytes())
    }
}

/// Each file through `change`, to itself or to `output`.
fn each(
    many: &Many,
    output: Option<&Path>,
    change: impl Fn(Vec<u8>) -> Result<Vec<u8>, Problem>,
) -> Result<(), Problem> {
    let stdin = [PathBuf::from("-")];
    let files = if many.files.is_empty() { &stdin } else { many.files.as_slice() };
    if output.is_some_and(|to| to != Path::new("-")) && files.len() > 1 {
        return Err(Problem::usage("`--output` takes one file only"));
    }
    // All are read and changed before any is written.
    let mut done = Vec::new();
    for file in files {
        done.push((output.unwrap_or(file), change(read(file)?)?));
    }
    done.iter().try_for_each(|(to, text)| write(to, text))
}

fn rekey(args: &Rekey, config: &Config) -> Result<(), Problem> {
    let safe = Safe::new(&args.secret, config, false)?;
    let new = match (&args.new_vault_id, &args.new_vault_password_file) {
        (Some(text), _) => VaultId::parse(text),
        (None, Some(path)) => VaultId { id: None, source: SecretSource::Path(path.clone()) },
        (None, None) => VaultId { id: None, source: SecretSource::Prompt },
    };
    let secret = match new.source {
        SecretSource::Prompt => new.new_secret(passwords::ask)?,
        SecretSource::Path(_) => new.secret(&safe.vault, passwords::ask)?,
    };
    let id = new.id.as_deref().filter(|id| *id != "default");
    let mut done = Vec::new();
    for file in &args.files {
        done.push((file, safe.seal(&safe.open(&read(file)?)?, id, &secret)));
    }
    done.iter().try_for_each(|(file, text)| write(file, text.as_bytes()))
}

fn encrypt_strings(args: &Strings, config: &Config) -> Result<(), Problem> {
    let safe = Safe::new(&args.secret, config, true)?;
    let mut names = args.name.iter();
    let mut texts = Vec::new();
    if args.prompt {
        let text = string_to_encrypt(args.show_input).map_err(Problem::Prompt)?;
        texts.push((names.next().cloned(), text.into_bytes()));
    }
    let from_stdin = args.strings.is_empty() && !args.prompt || args.strings.iter().any(|s| s == "-");
    if from_stdin {
        let text = read(Path::new("-"))?;
        texts.push((args.stdin_name.clone().or_else(|| names.next().cloned()), text));
    }
    for text in args.strings.iter().filter(|text| *text != "-") {
        texts.push((names.next().cloned(), text.clone().into_bytes()));
    }
    let mut written = String::new();
    for (name, text) in texts {
        let closed = String::from_utf8_lossy(&safe.close(&text)?).into_owned();
        let lines: String = closed.lines().map(|line| format!("          {line}\n")).collect();
        let name = name.map(|name| format!("{name}: ")).unwrap_or_default();
        written.push_str(&format!("{name}!vault |\n{lines}"));
    }
    match &args.output {
        Some(file) => write(file, written.as_bytes())?,
        None => launch::print(&written),
    }
    Ok(())
}

fn string_to_encrypt(shown: bool) -> io::Result<String> {
    const PROMPT: &str = "String to encrypt: ";
    if !shown {
        return passwords::ask(PROMPT);
    }
    launch::print(PROMPT);
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn read(file: &Path) -> Result<Vec<u8>, Problem> {
    let problem = |source| Problem::Read { path: file.into(), source };
    if file == Path::new("-") {
        let mut text = Vec::new();
        io::stdin().read_to_end(&mut text).map_err(problem)?;
        return Ok(text);
    }
    std::fs::read(file).map_err(problem)
}

/// Writes a file that only its owner may read, in one step.
fn write(file: &Path, text: &[u8]) -> Result<(), Problem> {
    let problem = |source| Problem::Write { path: file.into(), source };
    if file == Path::new("-") {
        return io::stdout().write_all(text).and_then(|()| io::stdout().flush()).map_err(problem);
    }
    // A link stays a link.
    let target = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_path_buf());
    let directory = target.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut new = tempfile::NamedTempFile::new_in(directory).map_err(problem)?;
    new.write_all(text).and_then(|()| new.as_file().sync_all()).map_err(problem)?;
    new.persist(&target).map_err(|error| problem(error.error))?;
    Ok(())
}

/// The text after the user's editor had it; meanwhile it stands in a private directory.
fn edited(text: &[u8]) -> Result<Vec<u8>, Problem> {
    let directory = tempfile::Builder::new().prefix("baton-vault-").tempdir().map_err(Problem::Start)?;
    let file = directory.path().join("vault.yml");
    write(&file, text)?;
    let editor =
        ["VISUAL", "EDITOR"].iter().find_map(|name| std::env::var(name).ok().filter(|e| !e.is_empty()));
    let editor = editor.unwrap_or_else(|| "vi".into());
    // An editor may be given with flags, as in `code --wait`.
    let status = Process::new("sh").arg("-c").arg(format!("{editor} \"$1\"")).arg("sh").arg(&file).status();
    let new = match status {
        Ok(status) if status.success() => read(&file),
        Ok(status) => {
            Err(Problem::Start(io::Error::other(format!("the editor `{editor}` failed ({status})"))))
        }
        Err(error) => Err(Problem::Start(error)),
    };
    if let Ok(new) = &new {
        // What was plain on a disk is written over before it is given back.
        let _ = std::fs::write(&file, vec![0; new.len().max(text.len())]);
    }
    new
}
