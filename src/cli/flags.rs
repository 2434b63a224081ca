//! Flags that several commands share, each declared once.

use std::path::PathBuf;

use clap::{ArgAction, Args};

/// Which hosts.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Hosts")]
pub(crate) struct HostFlags {
    /// Inventory: a file, a directory, an executable, or host names with commas; may be repeated
    #[arg(short, long, visible_alias = "inventory-file", value_name = "INVENTORY", action = ArgAction::Append)]
    pub inventory: Vec<String>,

    /// Use only hosts that match this pattern too; `@FILE` reads names from a file
    #[arg(short, long, value_name = "PATTERN", action = ArgAction::Append)]
    pub limit: Vec<String>,

    /// List the hosts that would be used, and stop
    #[arg(long)]
    pub list_hosts: bool,

    /// Forget stored facts of every host first
    #[arg(long)]
    pub flush_cache: bool,
}

/// Variables from the command line.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Variables")]
pub(crate) struct VariableFlags {
    /// Set variables: `key=value …`, YAML or JSON, or `@FILE`; may be repeated
    #[arg(short, long, value_name = "VARS", action = ArgAction::Append)]
    pub extra_vars: Vec<String>,
}

/// How to reach hosts.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Connection")]
pub(crate) struct ConnectionFlags {
    /// Connect as this user
    #[arg(short, long, value_name = "USER")]
    pub user: Option<String>,

    /// How to connect: `ssh`, `local`, …
    #[arg(short, long, value_name = "CONNECTION")]
    pub connection: Option<String>,

    /// Seconds to wait for a connection
    #[arg(short = 'T', long, value_name = "SECONDS")]
    pub timeout: Option<u64>,

    /// Log in with this private key
    #[arg(long, visible_alias = "key-file", value_name = "FILE")]
    pub private_key: Option<PathBuf>,

    /// Arguments for `ssh` and all that uses it, e.g. a ProxyCommand
    #[arg(long, value_name = "ARGS", allow_hyphen_values = true)]
    pub ssh_common_args: Option<String>,

    /// Arguments for `ssh` only
    #[arg(long, value_name = "ARGS", allow_hyphen_values = true)]
    pub ssh_extra_args: Option<String>,

    /// Taken for Ansible's sake; baton uses no `sftp`
    #[arg(long, value_name = "ARGS", allow_hyphen_values = true)]
    pub sftp_extra_args: Option<String>,

    /// Taken for Ansible's sake; baton uses no `scp`
    #[arg(long, value_name = "ARGS", allow_hyphen_values = true)]
    pub scp_extra_args: Option<String>,

    /// Ask for the password to connect with
    #[arg(short = 'k', long, conflicts_with = "connection_password_file")]
    pub ask_pass: bool,

    /// Read the password to connect with from this file
    #[arg(long, visible_alias = "conn-pass-file", value_name = "FILE")]
    pub connection_password_file: Option<PathBuf>,
}

/// As whom to act.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Privileges")]
pub(crate) struct BecomeFlags {
    /// Act as another user (asks for no password of itself)
    #[arg(short, long)]
    pub r#become: bool,

    /// How to become another user: `sudo`, `su`, `doas`
    #[arg(long, value_name = "METHOD")]
    pub become_method: Option<String>,

    /// Which user to become [default: root]
    #[arg(long, value_name = "USER")]
    pub become_user: Option<String>,

    /// Ask for the password to become another user
    #[arg(short = 'K', long, conflicts_with = "become_password_file")]
    pub ask_become_pass: bool,

    /// Read the password to become another user from this file
    #[arg(long, visible_alias = "become-pass-file", value_name = "FILE")]
    pub become_password_file: Option<PathBuf>,
}

/// How to open vaults.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Vault")]
pub(crate) struct VaultFlags {
    /// A vault password: `LABEL@FILE`, `LABEL@prompt`; may be repeated
    #[arg(long, value_name = "ID", action = ArgAction::Append)]
    pub vault_id: Vec<String>,

    /// A file with the vault password, or an executable that prints it; may be repeated
    #[arg(long, visible_alias = "vault-pass-file", value_name = "FILE", action = ArgAction::Append)]
    pub vault_password_file: Vec<PathBuf>,

    /// Ask for the vault password
    #[arg(short = 'J', long, visible_alias = "ask-vault-password", conflicts_with = "vault_password_file")]
    pub ask_vault_pass: bool,
}

/// How work is carried out.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Execution")]
pub(crate) struct ExecutionFlags {
    /// Foretell what would change, and change nothing
    #[arg(short = 'C', long)]
    pub check: bool,

    /// Show what changes within files
    #[arg(short = 'D', long)]
    pub diff: bool,

    /// How many hosts to work on at once
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub forks: Option<u32>,

    /// Look for modules of your own here; colon-separated, may be repeated
    #[arg(short = 'M', long, value_name = "PATH", action = ArgAction::Append)]
    pub module_path: Vec<String>,
}

/// What is printed, and where it is recorded.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputFlags {
    /// How to show what happens
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub output: Option<Format>,

    /// Say more; may be repeated (-vvv)
    #[arg(short, long, action = ArgAction::Count)]
    pub verbose: u8,

    /// Use colours
    #[arg(long, value_enum, value_name = "WHEN", default_value_t)]
    pub color: Color,

    /// Record the run in this file [default: a new one in the state directory]
    #[arg(long, value_name = "FILE", conflicts_with = "no_log")]
    pub log: Option<PathBuf>,

    /// Do not record the run
    #[arg(long)]
    pub no_log: bool,
}

/// A way to show events.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Calm and readable
    Default,
    /// As Ansible's default callback
    Ansible,
    /// As Ansible's ad-hoc command
    Minimal,
    /// As Ansible's ad-hoc command with `-o`: one line for each host
    Oneline,
    /// One event a line
    Json,
    /// JUnit XML, at the end
    Junit,
}

/// When to use colours.
#[derive(clap::ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    Always,
    Never,
}
