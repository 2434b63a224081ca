//! What baton does on real hosts: every test runs a playbook and then looks at the machine by an ssh of its own.
//! `tests/lab/run` starts the hosts and this program; README.md says what is on them.

mod accounts;
mod become_user;
mod commands;
mod endings;
mod facts;
mod files;
mod host;
mod login;
mod network;
mod packages;
mod places;
mod play;
mod services;
mod three_hosts;
mod traces;

#[path = "../test.rs"]
#[allow(dead_code, reason = "the other test program uses the rest")]
mod test;
