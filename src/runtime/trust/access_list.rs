//! Access lists of macOS, which let others write whatever the mode says. On Linux the mode's bits of the group cover its list.

use std::os::fd::BorrowedFd;

/// Whether the access list of an open file or folder gives somebody other than `trusted_user` and root more than they should
/// have, which `lets_others` finds in its text. False without a list; true where it cannot be read.
#[cfg(target_os = "macos")]
#[allow(unsafe_code)]
pub fn list_is_open(file: BorrowedFd, trusted_user: u32, lets_others: fn(&str, u32) -> bool) -> bool {
    use std::ffi::{CStr, c_char, c_int, c_void};
    use std::os::fd::AsRawFd;

    /// The lists of macOS, the only ones it has. Source: macOS's `sys/acl.h`, `acl_type_t`.
    const ACL_TYPE_EXTENDED: c_int = 0x0000_0100;

    // Source: macOS's `sys/acl.h`; an `acl_t` is a pointer.
    unsafe extern "C" {
        fn acl_get_fd_np(fd: c_int, kind: c_int) -> *mut c_void;
        fn acl_to_text(list: *mut c_void, length: *mut isize) -> *mut c_char;
        fn acl_free(object: *mut c_void) -> c_int;
    }

    // SAFETY: the descriptor is open while it is borrowed. The call returns null, or a list to be freed.
    let list = unsafe { acl_get_fd_np(file.as_raw_fd(), ACL_TYPE_EXTENDED) };
    if list.is_null() {
        // ENOENT: there is no list; EOPNOTSUPP: nor can there be one on this volume. Source: acl_get(3), `Errors`.
        let error = std::io::Error::last_os_error().raw_os_error();
        return !matches!(error, Some(libc::ENOENT | libc::EOPNOTSUPP | libc::ENOTSUP));
    }
    // SAFETY: `list` is a list; null stands for a length that is not wanted. The call returns null, or a text that ends in a nul,
    // to be freed.
    let text = unsafe { acl_to_text(list, std::ptr::null_mut()) };
    let is_open = text.is_null() || {
        // SAFETY: not null, it is a text that ends in a nul, and lives until it is freed below.
        let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
        lets_others(&text, trusted_user)
    };
    for object in [text.cast(), list].into_iter().filter(|object| !object.is_null()) {
        // SAFETY: each came from a call above, and is freed once.
        unsafe { acl_free(object) };
    }
    is_open
}

/// No list beside the mode's bits.
#[cfg(not(target_os = "macos"))]
pub fn list_is_open(_file: BorrowedFd, _trusted_user: u32, _lets_others: fn(&str, u32) -> bool) -> bool {
    false
}
