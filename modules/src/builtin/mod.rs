//! The modules, one per file, named as in Ansible.

pub mod command;
pub mod copy;
pub mod fetch;
pub mod group;
pub mod lineinfile;
pub mod ping;
pub mod script;
pub mod shell;
pub mod slurp;
pub mod stat;
