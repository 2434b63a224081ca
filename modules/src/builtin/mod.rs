//! The modules, one per file, named as in Ansible.

pub mod apt;
pub mod blockinfile;
pub mod command;
pub mod copy;
pub mod docker_container;
pub mod fetch;
pub mod file;
pub mod find;
pub mod get_url;
pub mod group;
pub mod lineinfile;
pub mod package;
pub mod ping;
pub mod replace;
pub mod script;
pub mod service;
pub mod setup;
pub mod shell;
pub mod slurp;
pub mod stat;
pub mod systemd_service;
pub mod tempfile;
pub mod terraform;
pub mod user;
pub mod wait_for;
