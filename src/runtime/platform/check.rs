//! One line of `doctor`.

use crate::core::messages::output_line::CheckResult;
#[cfg(feature = "menu-bar")]
use crate::core::text;

/// Something that `doctor` checks, and the result.
pub struct Check {
    pub name: String,
    pub result: CheckResult,
}

/// The check of launching at login.
#[cfg(feature = "menu-bar")]
pub fn login_check(is_launched: Result<bool, String>) -> Check {
    Check { name: "login item".into(), result: is_launched.map(|on| text::desktop::login_item(on).into()).into() }
}
