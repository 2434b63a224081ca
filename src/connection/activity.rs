//! What is going on with a host right now, so that one which hangs can be named.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// What a host is doing, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Activity {
    /// E.g. "connecting" or "running `apt`".
    pub(crate) what: String,
    /// Since it began.
    pub(crate) lasting: Duration,
}

/// The activities of one host.
#[derive(Clone, Default)]
pub(super) struct Activities(Arc<Mutex<(u64, BTreeMap<u64, (String, Instant)>)>>);

impl Activities {
    /// Says what begins; it ends when the guard is dropped.
    pub(super) fn begin(&self, what: impl Into<String>) -> Busy {
        let (next, all) = &mut *self.0.lock();
        *next += 1;
        all.insert(*next, (what.into(), Instant::now()));
        Busy { activities: self.clone(), number: *next }
    }

    /// The newest of them: connecting is nearer to the truth than the call that waits for it.
    pub(super) fn current(&self) -> Option<Activity> {
        let (_, all) = &*self.0.lock();
        let (_, (what, since)) = all.last_key_value()?;
        Some(Activity { what: what.clone(), lasting: since.elapsed() })
    }
}

/// Something that is going on.
pub(super) struct Busy {
    activities: Activities,
    number: u64,
}

impl Busy {
    /// Says more of the same activity.
    pub(super) fn say(&self, what: impl Into<String>) {
        if let Some((old, _)) = self.activities.0.lock().1.get_mut(&self.number) {
            *old = what.into();
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.activities.0.lock().1.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_activity_shows_until_it_ends() {
        let activities = Activities::default();
        assert_eq!(activities.current(), None);
        let call = activities.begin("running `ping`");
        let connect = activities.begin("connecting");
        let what = || activities.current().map(|a| a.what);
        assert_eq!(what().as_deref(), Some("connecting"));
        drop(connect);
        assert_eq!(what().as_deref(), Some("running `ping`"));
        drop(call);
        assert_eq!(what(), None);
    }
}
