//! The modules, one per file, named as in Ansible.

pub mod command;
pub mod ping;
pub mod shell;
