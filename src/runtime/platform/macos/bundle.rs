//! The application bundle, `Loadline.app`.

use std::env;

/// Whether this program runs in a bundle. Judged by its path, not by a bundle identifier: UNUserNotificationCenter ends a
/// process that has one and is not in a real `.app`.
pub fn is_bundled() -> bool {
    env::current_exe().is_ok_and(|path| path.to_string_lossy().contains(".app/Contents/MacOS/"))
}
