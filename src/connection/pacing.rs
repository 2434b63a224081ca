//! How many connections are opened at once: in all, and towards one address, whose `sshd` begins
//! to drop logins at random when more than `MaxStartups` (10 by default) are under way.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The turns to connect.
pub(super) struct Pacing {
    all: Arc<Semaphore>,
    each: usize,
    by_address: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// A turn; the next one's comes when it is dropped.
pub(super) struct Turn(#[expect(dead_code, reason = "held, not read")] [OwnedSemaphorePermit; 2]);

impl Pacing {
    pub(super) fn new(all: usize, each: usize) -> Self {
        Self { all: Arc::new(Semaphore::new(all.max(1))), each: each.max(1), by_address: Mutex::default() }
    }

    /// Waits for a turn; `None` when the run is over.
    pub(super) async fn turn(&self, address: &str) -> Option<Turn> {
        let new = || Arc::new(Semaphore::new(self.each));
        let own = self.by_address.lock().entry(address.to_owned()).or_insert_with(new).clone();
        // First the address's own: who waits for a crowded one must not hold up others.
        let own = own.acquire_owned().await.ok()?;
        let all = self.all.clone().acquire_owned().await.ok()?;
        Some(Turn([own, all]))
    }

    /// Gives no further turns.
    pub(super) fn close(&self) {
        self.all.close();
    }
}

/// How long to wait before the attempt after `failed` ones: doubling, and never the same twice, so
/// that hosts refused together do not come back together.
pub(super) fn pause(failed: u32) -> Duration {
    let base = 0.4 * f64::from(1 << failed.min(5));
    Duration::from_secs_f64(base * rand::random_range(0.5..1.5))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_address_gets_only_its_share_and_others_go_on() {
        let pacing = Pacing::new(3, 2);
        let first = pacing.turn("a:22").await.unwrap();
        let _second = pacing.turn("a:22").await.unwrap();
        let third = tokio::time::timeout(Duration::from_millis(20), pacing.turn("a:22")).await;
        assert!(third.is_err());
        let _other = pacing.turn("b:22").await.unwrap();
        drop(first);
        assert!(pacing.turn("a:22").await.is_some());
    }

    #[test]
    fn pauses_grow() {
        assert!(pause(0) < Duration::from_millis(601));
        assert!(pause(4) >= Duration::from_secs(3));
        assert!(pause(99) < Duration::from_secs(20));
    }
}
