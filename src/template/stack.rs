//! How deep the walk may go: a thread's stack is finite, and running out of it would end
//! the whole process.

/// Of the two megabytes that a thread has.
const MOST: usize = 1 << 20;

/// Where on the stack a rendering began.
#[derive(Clone, Copy)]
pub(crate) struct Stack(usize);

impl Stack {
    /// Begins here.
    pub(crate) fn begin() -> Self {
        Self(here())
    }

    /// Whether too much has been used since.
    pub(crate) fn is_deep(self) -> bool {
        self.0.abs_diff(here()) > MOST
    }
}

#[inline(never)]
fn here() -> usize {
    let mark = 0u8;
    std::ptr::from_ref(std::hint::black_box(&mark)).addr()
}
