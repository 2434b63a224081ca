//! A buffer that outputs write to in tests.

use std::io::Write;
use std::sync::Arc;

use parking_lot::Mutex;

use super::Screen;

/// Keeps what was written, to both places in one.
#[derive(Clone, Default)]
pub(crate) struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    /// A screen that writes here.
    pub(crate) fn screen(&self) -> Screen {
        Screen::new(self.clone(), self.clone())
    }

    /// What was written.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock()).into_owned()
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
