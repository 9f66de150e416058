//! Launch at login: SMAppService for the bundle, a LaunchAgent for a bare program.

use std::path::PathBuf;

use objc2_service_management::{SMAppService, SMAppServiceStatus};

use super::bundle::is_bundled;
use crate::core::text;
use crate::runtime::platform::login_file::set_login_file;

/// The label of the agent, and with `.plist` the name of its file.
const LABEL: &str = "dev.loadline.Loadline";

/// Whether Loadline is launched at login; an error when the system waits for the person's approval, or cannot be asked.
pub fn launches_at_login() -> Result<bool, String> {
    if !is_bundled() {
        return Ok(agent()?.exists());
    }
    match status() {
        SMAppServiceStatus::Enabled => Ok(true),
        SMAppServiceStatus::RequiresApproval => Err(text::desktop::LOGIN_ITEM_NEEDS_APPROVAL.into()),
        // Not registered; or not found, which is the status of a bundle that was never registered.
        _ => Ok(false),
    }
}

/// Switches launching at login on or off, for the program that is running.
pub fn set_launch_at_login(on: bool) -> Result<(), String> {
    if is_bundled() {
        return set_service(on);
    }
    // Takes effect at the next login: loading it now would start a second Loadline.
    set_login_file(&agent()?, on, agent_plist)
}

#[allow(unsafe_code)]
fn status() -> SMAppServiceStatus {
    // SAFETY: both methods take no arguments and may be called on any thread (macOS 13 and later, which the bundle's
    // LSMinimumSystemVersion demands).
    unsafe { SMAppService::mainAppService().status() }
}

#[allow(unsafe_code)]
fn set_service(on: bool) -> Result<(), String> {
    // SAFETY: as in `status`; the error is returned by value.
    let result = unsafe {
        let service = SMAppService::mainAppService();
        if on { service.registerAndReturnError() } else { service.unregisterAndReturnError() }
    };
    result.map_err(|error| text::desktop::login_item_refused(error.localizedDescription()))
}

fn agent() -> Result<PathBuf, String> {
    let home = std::env::home_dir().ok_or(text::desktop::NO_LOGIN_FOLDER)?;
    Ok(home.join("Library/LaunchAgents").join(format!("{LABEL}.plist")))
}

/// Source: launchd.plist(5). In a login session with a desktop only, and at the priority of an app.
fn agent_plist(program: &str) -> String {
    let program = program.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
    <key>Label</key><string>{LABEL}</string>
    <key>ProgramArguments</key><array><string>{program}</string></array>
    <key>RunAtLoad</key><true/>
    <key>LimitLoadToSessionType</key><string>Aqua</string>
    <key>ProcessType</key><string>Interactive</string>
</dict>
</plist>
"#
    )
}
