//! ping

use crate::{Fail, Module, Target, args, args::Return, returns};

args! {
    /// Look whether a host can be reached and modules run there.
    ///
    /// Not an ICMP ping: it answers `pong` once the worker runs on the host.
    pub struct Ping as "ping" {
        /// What to answer; `crash` makes the module panic, to see how that is shown.
        data: String = "pong",
    }
}

returns! {
    /// The value of `data`.
    ping: str,
}

impl Module for Ping {
    const RETURNS: &'static [Return] = RETURNS;
    const EXAMPLES: &'static str = "\
- name: Look whether all hosts answer
  ansible.builtin.ping:
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        assert!(self.data != "crash", "boom");
        target.set("ping", self.data);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Sandbox;

    #[test]
    fn answers_with_data() {
        let values = Sandbox::new("ping").reads(json!({}));
        assert_eq!(values["ping"], "pong");
        assert_eq!(Sandbox::new("ping").reads(json!({"data": 5}))["ping"], "5");
    }

    #[test]
    fn a_panic_is_a_reply_that_says_it_is_a_bug() {
        let failure = Sandbox::new("ping").fails(json!({"data": "crash"}));
        assert!(
            failure.starts_with("Task failed: Module failed: boom\nhint: the module `ping` panicked"),
            "{failure}"
        );
    }
}
