//! The modules, one per file, named as in Ansible.

pub mod ping;
