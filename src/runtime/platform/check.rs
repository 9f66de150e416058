//! One line of `doctor`.

use crate::core::messages::output_line::CheckResult;
#[cfg(feature = "menu-bar")]
use crate::core::{login_item::LoginItemState, text};

/// Something that `doctor` checks, and the result.
pub struct Check {
    pub name: String,
    pub result: CheckResult,
}

/// The check of launching at login. Without a desktop an item that is off is not missed: nothing would launch it.
#[cfg(feature = "menu-bar")]
pub fn login_check(state: Result<LoginItemState, String>, has_desktop: bool) -> Check {
    let result = match state {
        Ok(LoginItemState::On) => CheckResult::Ok(text::desktop::LOGIN_ITEM_ON.into()),
        Ok(LoginItemState::NeedsApproval) => CheckResult::Ok(text::desktop::LOGIN_ITEM_NEEDS_APPROVAL.into()),
        Ok(LoginItemState::Off) if has_desktop => CheckResult::Ok(text::desktop::LOGIN_ITEM_OFF.into()),
        Ok(LoginItemState::Off) => CheckResult::Absent(text::desktop::NO_LOGIN_ITEM.into()),
        Err(problem) => CheckResult::Failed(problem),
    };
    Check { name: "login item".into(), result }
}
