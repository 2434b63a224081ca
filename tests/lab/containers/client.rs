//! A client that asks all the time, so that an interruption is seen.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use super::parts::ask;

/// One that asks until it is stopped.
pub(super) struct Client {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Asked>,
}

/// What it was answered.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// How often each text came.
    pub(super) answers: BTreeMap<String, usize>,
    /// What went wrong.
    pub(super) failures: Vec<String>,
}

impl Client {
    /// Starts to ask for a path, some dozens of times a second.
    pub(super) fn of(address: &str, path: &str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (address, path, stopped) = (address.to_owned(), path.to_owned(), stop.clone());
        let thread = std::thread::spawn(move || {
            let mut asked = Asked::default();
            while !stopped.load(Ordering::Relaxed) {
                asked.once(&address, &path);
                std::thread::sleep(Duration::from_millis(20));
            }
            asked
        });
        Self { stop, thread }
    }

    /// Stops, and tells.
    pub(super) fn stop(self) -> Asked {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("a client that ended")
    }
}

impl Asked {
    fn once(&mut self, address: &str, path: &str) {
        match ask(address, path, "") {
            Ok(answer) if answer.status == 200 => *self.answers.entry(answer.body).or_default() += 1,
            Ok(answer) => self.failures.push(answer.head),
            Err(error) => self.failures.push(error.to_string()),
        }
    }
}
