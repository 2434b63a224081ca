//! The command line of baton.

mod action;
mod cli;
mod config;
mod connection;
mod diagnostic;
mod event;
mod inventory;
mod library;
mod output;
mod plan;
mod playbook;
mod run;
mod template;
#[cfg(test)]
mod testing;
mod vars;
mod vault;
mod yaml;

fn main() -> std::process::ExitCode {
    if baton_modules::background::guise() {
        return std::process::ExitCode::SUCCESS;
    }
    connection::guise().unwrap_or_else(|| cli::main().into())
}
