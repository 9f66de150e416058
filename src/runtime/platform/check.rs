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
    let text = |is_on| if is_on { text::desktop::LOGIN_ITEM_ON } else { text::desktop::LOGIN_ITEM_OFF };
    Check { name: "login item".into(), result: is_launched.map(|is_on| text(is_on).into()).into() }
}
