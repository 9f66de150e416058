//! The arguments of a message for macOS's unified log, as clang's `__builtin_os_log_format` lays them out.

/// The arguments of the format `%{public}s`: one text, by its address. Aligned as the macro of `os/log.h` does it.
#[derive(Debug)]
#[repr(C, align(16))]
pub struct OsLogBuffer([u8; OsLogBuffer::LENGTH]);

// Source: clang's AST/OSLog.h (OSLogBufferItem, OSLogBufferLayout) and AST/OSLog.cpp.
/// Some argument is not a number.
const HAS_NON_SCALAR_ITEMS: u8 = 0x02;
const ITEM_COUNT: u8 = 1;
/// The kind of the item in the upper half of the byte, the flags in the lower one.
const STRING_KIND: u8 = 2 << 4;
const IS_PUBLIC: u8 = 0x02;

impl OsLogBuffer {
    /// The length in bytes.
    pub const LENGTH: usize = 4 + size_of::<usize>();

    /// The arguments for the C string at this address.
    pub fn of_public_string(address: usize) -> OsLogBuffer {
        let mut bytes = [0; Self::LENGTH];
        let (head, value) = bytes.split_at_mut(4);
        head.copy_from_slice(&[HAS_NON_SCALAR_ITEMS, ITEM_COUNT, STRING_KIND | IS_PUBLIC, size_of::<usize>() as u8]);
        value.copy_from_slice(&address.to_ne_bytes());
        OsLogBuffer(bytes)
    }

    /// The bytes, which begin at an address that is a multiple of 16.
    pub fn bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected bytes are those that clang stores for arm64 and x86-64 (both have the lowest byte first).
    #[test]
    #[cfg(all(target_pointer_width = "64", target_endian = "little"))]
    fn a_public_string_is_laid_out_as_clang_does_it() {
        let buffer = OsLogBuffer::of_public_string(0x0123_4567_89ab_cdef);
        assert_eq!(buffer.bytes(), b"\x02\x01\x22\x08\xef\xcd\xab\x89\x67\x45\x23\x01");
        assert_eq!(buffer.bytes().as_ptr().addr() % 16, 0);
    }
}
