//! Launch at login: SMAppService for the bundle, a LaunchAgent for a bare program. Each function may be called on any thread,
//! but only while the main loop runs or there is none.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use objc2::rc::autoreleasepool;
use objc2_foundation::{NSString, NSURL};
use objc2_service_management::{SMAppService, SMAppServiceStatus};

use super::bundle::is_bundled;
use crate::core::login_item::{self, LoginItemState};
use crate::core::text;
use crate::runtime::platform::login_file::set_login_file;

/// The label of the agent, and with `.plist` the name of its file.
const LABEL: &str = "dev.loadline.Loadline";

/// Whether Loadline is launched at login, and whether the person allows it.
pub fn login_item_state() -> Result<LoginItemState, String> {
    if is_bundled() {
        return Ok(LoginItemState::of_service(service_status().0));
    }
    let file = agent()?;
    Ok(LoginItemState::of_agent(file.exists(), || agent_status(&file).0))
}

/// Switches launching at login on or off, for the program that is running.
pub fn set_launch_at_login(on: bool) -> Result<(), String> {
    if is_bundled() {
        return set_service(on);
    }
    // Takes effect at the next login: loading it now would start a second Loadline.
    set_login_file(&agent()?, on, agent_plist)
}

/// Whether this program will be in its place at the next login, as far as its path shows. The volume of the system itself has
/// a name below `/Volumes` too, which is a link.
pub fn is_settled() -> bool {
    let path = env::current_exe().and_then(fs::canonicalize);
    path.ok().is_none_or(|path| login_item::is_settled(&path.to_string_lossy()))
}

/// Opens *Login Items & Extensions* in System Settings, where the person allows the login item.
#[allow(unsafe_code)]
pub fn open_login_item_settings() {
    // SAFETY: it takes no arguments and returns nothing (`SMAppService.h`, macOS 13).
    autoreleasepool(|_| unsafe { SMAppService::openSystemSettingsLoginItems() });
}

#[allow(unsafe_code)]
fn service_status() -> SMAppServiceStatus {
    // SAFETY: both methods take no arguments and may be called on any thread (macOS 13 and later, which the bundle's
    // LSMinimumSystemVersion demands).
    autoreleasepool(|_| unsafe { SMAppService::mainAppService().status() })
}

/// The status of an agent's file that is not in a bundle.
#[allow(unsafe_code)]
fn agent_status(file: &Path) -> SMAppServiceStatus {
    autoreleasepool(|_| {
        let url = NSURL::fileURLWithPath(&NSString::from_str(&file.to_string_lossy()));
        // SAFETY: it takes the address of a file and returns a number (`SMAppService.h`, macOS 13).
        unsafe { SMAppService::statusForLegacyURL(&url) }
    })
}

#[allow(unsafe_code)]
fn set_service(on: bool) -> Result<(), String> {
    autoreleasepool(|_| {
        // SAFETY: as in `service_status`; the error is returned by value.
        let result = unsafe {
            let service = SMAppService::mainAppService();
            if on { service.registerAndReturnError() } else { service.unregisterAndReturnError() }
        };
        result.map_err(|error| text::desktop::login_item_refused(error.localizedDescription()))
    })
}

fn agent() -> Result<PathBuf, String> {
    let home = env::home_dir().ok_or(text::desktop::NO_LOGIN_FOLDER)?;
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
