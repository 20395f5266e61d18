//! Which start of the machine this is: a power loss ends one, a killed process does not.

use std::io;

/// A start of the machine, by the kernel's own name for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BootId(pub(crate) u128);

impl BootId {
    /// This start.
    ///
    /// # Errors
    /// The kernel does not say: `random(4)` has it at this path.
    pub(crate) fn current() -> io::Result<Self> {
        let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id")?;
        let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
        u128::from_str_radix(&digits, 16).map(Self).map_err(io::Error::other)
    }
}
