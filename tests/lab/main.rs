//! What baton does on real hosts, engines and clusters: every test runs a playbook and then looks for itself, by an ssh
//! of its own or with the tools of what it looks at. `tests/lab/run` starts the parts and this program; README.md says
//! what they are.

mod accounts;
mod become_user;
mod commands;
mod containers;
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
