//! The unified log: from Finder stdout and stderr lead nowhere.
//!
//! Source of all calls: `os/log.h` of the macOS SDK, where `os_log_with_type` is a macro over `_os_log_impl`.

use std::ffi::{CStr, CString, c_char, c_void};
use std::sync::LazyLock;

use crate::core::escape::for_terminal;
use crate::core::messages::output_line::OutputEvent;
use crate::core::text;
use crate::runtime::platform::os_log_buffer::OsLogBuffer;

const SUBSYSTEM: &CStr = c"dev.loadline.Loadline";
/// Alerts and their ends.
static ALERTS: LazyLock<LogHandle> = LazyLock::new(|| LogHandle::new(c"alerts"));
/// Warnings, and the error that ends the run.
static PROBLEMS: LazyLock<LogHandle> = LazyLock::new(|| LogHandle::new(c"problems"));

/// `os_log_type_t`. Both are kept on disk, and shown without being asked for.
const OS_LOG_TYPE_DEFAULT: u8 = 0x00;
const OS_LOG_TYPE_ERROR: u8 = 0x10;

/// The format of all messages. The system reads it from this section of the program file whenever it shows one. Without clang's
/// `cstring_literals`, for which LLVM's linker would put it among the ordinary texts (`__cstring`).
#[allow(unsafe_code)]
#[unsafe(link_section = "__TEXT,__oslogstring")]
static FORMAT: [u8; 11] = *b"%{public}s\0";

#[allow(unsafe_code)]
unsafe extern "C" {
    /// The Mach-O header of this program: the linker defines it.
    static __dso_handle: u8;
    fn os_log_create(subsystem: *const c_char, category: *const c_char) -> *mut c_void;
    fn _os_log_impl(
        dso: *const c_void,
        log: *mut c_void,
        log_type: u8,
        format: *const c_char,
        buffer: *const u8,
        size: u32,
    );
}

/// Writes an alert, its end or a problem to the log, with what is private in it shown: it is the person's own. Readings are not
/// logged.
pub fn log(event: &OutputEvent) {
    let (log, log_type) = match event {
        OutputEvent::Alert(_) | OutputEvent::Recovery(_) | OutputEvent::Forecast(_) => (&ALERTS, OS_LOG_TYPE_DEFAULT),
        OutputEvent::Notice(_) => (&PROBLEMS, OS_LOG_TYPE_ERROR),
        OutputEvent::Reading(_) | OutputEvent::Check { .. } => return,
    };
    // Escaped, a text has no nul.
    if let Ok(text) = CString::new(for_terminal(&text::console::event_text(event)).as_ref()) {
        log.write(log_type, &text);
    }
}

/// An `os_log_t`, kept for as long as the process lasts. It is never null.
struct LogHandle(*mut c_void);

// SAFETY: os/log.h lets every thread use the same log; nothing else is done with the pointer.
#[allow(unsafe_code)]
unsafe impl Send for LogHandle {}
// SAFETY: as above.
#[allow(unsafe_code)]
unsafe impl Sync for LogHandle {}

impl LogHandle {
    #[allow(unsafe_code)]
    fn new(category: &CStr) -> LogHandle {
        // SAFETY: both texts end in a nul, and the call copies them.
        LogHandle(unsafe { os_log_create(SUBSYSTEM.as_ptr(), category.as_ptr()) })
    }

    /// Errors are not reported: there is no place left for them.
    #[allow(unsafe_code)]
    fn write(&self, log_type: u8, text: &CStr) {
        let buffer = OsLogBuffer::of_public_string(text.as_ptr().expose_provenance());
        let (bytes, size) = (buffer.bytes().as_ptr(), OsLogBuffer::LENGTH as u32);
        // SAFETY: the format is a constant that ends in a nul, and `buffer` has the argument that it asks for, a C string.
        // That lives through the call, which copies it. `__dso_handle` is only named, and not read.
        unsafe {
            _os_log_impl((&raw const __dso_handle).cast(), self.0, log_type, FORMAT.as_ptr().cast(), bytes, size);
        }
    }
}
