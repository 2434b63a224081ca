//! What went wrong between client and server, in one clear message.

use serde_json::Value;

use super::config::Config;
use super::tls;
use crate::Fail;

/// Why a request was not done.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ApiError {
    /// The status of the answer; 0 where there was none.
    pub code: u16,
    /// The server's word for it: `NotFound`, `Conflict`, `Forbidden`, `Invalid`, …; `Unreachable` where there was no answer.
    pub reason: String,
    /// What the server said, or why there was no answer.
    pub message: String,
    /// What is wrong with which field.
    pub causes: Vec<Cause>,
    /// After how many seconds the server wants to be asked again.
    pub retry_after: Option<u64>,
    /// The request may have been carried out.
    pub(super) uncertain: bool,
}

/// One thing that is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cause {
    /// `FieldValueInvalid`, `FieldManagerConflict`, …
    pub reason: String,
    /// What is wrong.
    pub message: String,
    /// The field, as `spec.ports[0].name`; may be empty.
    pub field: String,
}

impl ApiError {
    /// An answer that says no: a `Status`, or what a proxy in between says.
    pub(super) fn answered(code: u16, body: &[u8], config: &Config) -> Self {
        let status: Value = serde_json::from_slice(body).unwrap_or_default();
        let text =
            |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        if status.get("kind").and_then(Value::as_str) != Some("Status") {
            let said = String::from_utf8_lossy(body).trim().chars().take(300).collect::<String>();
            let message = format!("the server answers {code}: {said}");
            return Self { code, message, ..Self::default() }.explained(config);
        }
        let cause = |cause: &Value| Cause {
            reason: text(cause, "reason"),
            message: text(cause, "message"),
            field: text(cause, "field"),
        };
        let causes = status.pointer("/details/causes").and_then(Value::as_array).into_iter().flatten();
        Self {
            code,
            reason: text(&status, "reason"),
            message: text(&status, "message"),
            causes: causes.map(cause).collect(),
            retry_after: status
                .pointer("/details/retryAfterSeconds")
                .and_then(Value::as_u64)
                .filter(|s| *s > 0),
            uncertain: false,
        }
        .explained(config)
    }

    /// No answer came.
    pub(super) fn unreachable(error: &ureq::Error, config: &Config) -> Self {
        let (message, uncertain) = match error {
            ureq::Error::Io(io) => return Self::broken(io, config),
            ureq::Error::Timeout(ureq::Timeout::Connect) => (
                format!("`{}` of {} does not answer: no connection in time", config.server, config.origin),
                false,
            ),
            ureq::Error::Timeout(_) => {
                (format!("`{}` of {} does not answer in time", config.server, config.origin), true)
            }
            other => (format!("no answer from `{}` of {}: {other}", config.server, config.origin), true),
        };
        Self { reason: "Unreachable".into(), message, uncertain, ..Self::default() }
    }

    /// The connection failed, or broke.
    pub(super) fn broken(error: &std::io::Error, config: &Config) -> Self {
        let in_tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        let why = Fail::io("", error).message;
        let message = match in_tls {
            Some(error) => tls::refusal(error, config),
            None => format!("cannot reach `{}` of {}{why}", config.server, config.origin),
        };
        let begun = [
            std::io::ErrorKind::ConnectionReset,
            std::io::ErrorKind::BrokenPipe,
            std::io::ErrorKind::UnexpectedEof,
            std::io::ErrorKind::ConnectionAborted,
        ];
        let reason = if in_tls.is_some() { "Untrusted" } else { "Unreachable" };
        Self { reason: reason.into(), message, uncertain: begun.contains(&error.kind()), ..Self::default() }
    }

    pub(super) fn local(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    fn explained(mut self, config: &Config) -> Self {
        match self.code {
            401 => {
                let certificate =
                    if config.certificate.is_some() { " or the client certificate" } else { "" };
                self.message = format!(
                    "`{}` does not accept the login of {}: the token{certificate} is wrong or has expired ({})",
                    config.server,
                    config.origin,
                    if self.message.is_empty() { "Unauthorized" } else { &self.message }
                );
            }
            403 if self.message.contains("exceeded quota") => {}
            403 => self.message = format!("not allowed for {}: {}", config.origin, self.message),
            _ => {}
        }
        self
    }

    /// Whether there is no such object (or kind).
    pub fn is_missing(&self) -> bool {
        self.code == 404
    }

    /// Whether other managers own fields that are to be set.
    pub fn is_field_conflict(&self) -> bool {
        self.code == 409 && self.causes.iter().any(|cause| cause.reason == "FieldManagerConflict")
    }

    /// Whether no answer came.
    pub fn is_unreachable(&self) -> bool {
        self.reason == "Unreachable"
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<ApiError> for Fail {
    fn from(error: ApiError) -> Self {
        let fail = Self::new(error.message);
        if error.code == 0 { fail } else { fail.with("status", error.code).with("reason", error.reason) }
    }
}

impl From<Fail> for ApiError {
    fn from(fail: Fail) -> Self {
        Self::local(fail.message)
    }
}
