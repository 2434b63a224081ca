//! Options of modules that wait for objects or remove them.
#![allow(non_snake_case, reason = "options are named as in Kubernetes")]

use std::time::Duration;

use super::status::{Condition, Want};
use crate::{Fail, args, choices};

args! {
    /// How objects are waited for.
    pub struct Waiting {
        /// Not needed: objects are watched.
        wait_sleep: u64 = "5",
        /// How many seconds to wait.
        wait_timeout: u64 = "120",
        /// A condition to wait for, instead of what the rules of the kind say.
        wait_condition: Option<WaitCondition>,
    }
}

args! {
    /// A condition that an object is to have.
    pub struct WaitCondition {
        /// Its type: `Available`, `Ready`, …
        r#type: String,
        /// What it must be.
        status: Truth = "True",
        /// The reason it must give.
        reason: Option<String>,
    }
}

choices! {
    /// What a condition can be.
    pub enum Truth {
        True = "True",
        False = "False",
        Unknown = "Unknown",
    }
}

impl Waiting {
    /// How long to wait.
    pub fn limit(&self) -> Duration {
        Duration::from_secs(self.wait_timeout)
    }

    /// Until when.
    pub fn want(&self) -> Want {
        match &self.wait_condition {
            None => Want::Current,
            Some(condition) => Want::Condition(Condition {
                kind: condition.r#type.clone(),
                status: condition.status.as_str().to_owned(),
                reason: condition.reason.clone().unwrap_or_default(),
            }),
        }
    }
}

args! {
    /// How objects are removed.
    pub struct DeleteOptions {
        /// How many seconds they have to end.
        #[alias("grace_period_seconds")]
        gracePeriodSeconds: Option<i64>,
        /// What becomes of the objects that they own.
        #[alias("propagation_policy")]
        propagationPolicy: Option<Propagation>,
        /// What must be so for them to be removed.
        preconditions: Option<Preconditions>,
    }
}

args! {
    /// What an object must be.
    pub struct Preconditions {
        /// Its version.
        #[alias("resource_version")]
        resourceVersion: Option<String>,
        /// Its identity.
        uid: Option<String>,
    }
}

choices! {
    /// What becomes of what an object owns.
    pub enum Propagation {
        /// Removed first.
        Foreground = "Foreground",
        /// Removed afterwards.
        Background = "Background",
        /// Left.
        Orphan = "Orphan",
    }
}

impl DeleteOptions {
    /// As the server takes them.
    pub fn body(options: Option<&Self>) -> Result<serde_json::Value, Fail> {
        let mut body = serde_json::json!({"propagationPolicy": "Background"});
        let Some(options) = options else { return Ok(body) };
        if let Some(policy) = options.propagationPolicy {
            body["propagationPolicy"] = policy.as_str().into();
        }
        if let Some(seconds) = options.gracePeriodSeconds {
            if seconds < 0 {
                return Err(Fail::new(format!("`gracePeriodSeconds` cannot be less than 0: `{seconds}`")));
            }
            body["gracePeriodSeconds"] = seconds.into();
        }
        for (key, value) in options
            .preconditions
            .iter()
            .flat_map(|p| [("resourceVersion", &p.resourceVersion), ("uid", &p.uid)])
        {
            if let Some(value) = value {
                body["preconditions"][key] = value.clone().into();
            }
        }
        Ok(body)
    }
}
