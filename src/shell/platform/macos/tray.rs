//! The status item, beyond what tray-icon does: what AppKit wants of a menu-bar app.

use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};

use block2::RcBlock;
use objc2::MainThreadMarker;
use objc2_app_kit::{NSAccessibility, NSFont, NSMenuDidBeginTrackingNotification, NSMenuDidEndTrackingNotification};
use objc2_foundation::{
    NSActivityOptions, NSNotification, NSNotificationCenter, NSNotificationName, NSProcessInfo, NSString, ns_string,
};
use tao::event_loop::EventLoop;
use tao::platform::macos::{ActivationPolicy, EventLoopExtMacOS};
use tray_icon::TrayIcon;
use tray_icon::menu::{Menu, Submenu};

/// A status item may be text alone.
pub const ICON_CAN_BE_HIDDEN: bool = true;
/// The numbers stand beside the mark, so the mark need not carry them.
pub const SHOWS_LEVELS_IN_ICON: bool = false;

/// Whether a menu is open: tao services its loop meanwhile, and a touched status item would close it (tao issue 1324).
static IS_MENU_OPEN: AtomicBool = AtomicBool::new(false);

/// Whether there is a desktop. A Mac has one.
///
/// # Errors
/// None.
pub fn desktop() -> Result<(), String> {
    Ok(())
}

/// A menu-bar app has no Dock icon, does not take the focus when it starts, and is not put to sleep.
pub fn prepare_loop<T>(event_loop: &mut EventLoop<T>) {
    event_loop.set_activation_policy(ActivationPolicy::Accessory);
    event_loop.set_activate_ignoring_other_apps(false);
    hold_off_app_nap();
    watch_menus();
}

/// App Nap would stretch the sampler's pauses to minutes. The machine itself may sleep.
fn hold_off_app_nap() {
    let activity = NSProcessInfo::processInfo().beginActivityWithOptions_reason(
        NSActivityOptions::UserInitiatedAllowingIdleSystemSleep,
        ns_string!("Reads CPU and memory at the interval that the person chose"),
    );
    // The activity ends with its token, and this one lasts for as long as the process.
    std::mem::forget(activity);
}

fn watch_menus() {
    // SAFETY: both are constants of AppKit, initialised before any code of ours runs.
    #[allow(unsafe_code)]
    let names = unsafe { [(NSMenuDidBeginTrackingNotification, true), (NSMenuDidEndTrackingNotification, false)] };
    for (name, is_open) in names {
        observe(name, move || IS_MENU_OPEN.store(is_open, Ordering::Relaxed));
    }
}

#[allow(unsafe_code)]
fn observe(name: &NSNotificationName, note: impl Fn() + 'static) {
    let block = RcBlock::new(move |_: NonNull<NSNotification>| note());
    // SAFETY: no object is named, and without a queue the block runs where the notification is posted: AppKit posts these
    // on the main thread, where the block was made.
    let observer = unsafe {
        NSNotificationCenter::defaultCenter().addObserverForName_object_queue_usingBlock(Some(name), None, None, &block)
    };
    // Observed for as long as the process lasts.
    std::mem::forget(observer);
}

/// Whether the status item must be left alone for now.
pub fn is_menu_open() -> bool {
    IS_MENU_OPEN.load(Ordering::Relaxed)
}

/// Runs one turn of the loop, and lets go of what AppKit made for it.
pub fn turn<T>(turn: impl FnOnce() -> T) -> T {
    objc2::rc::autoreleasepool(|_| turn())
}

/// A Mac's desktop goes with the login session, which ends its programs by a signal.
pub fn when_desktop_goes(_gone: impl Fn() + Send + Sync + 'static) {}

/// Digits of one width, so that the item does not move when a number changes.
pub fn dress_tray(tray: &TrayIcon) {
    let (Some(item), Some(main_thread)) = (tray.ns_status_item(), MainThreadMarker::new()) else { return };
    if let Some(button) = item.button(main_thread) {
        // The weight of ordinary menu-bar text is 0 (NSFontWeightRegular).
        let font = NSFont::monospacedDigitSystemFontOfSize_weight(NSFont::systemFontSize(), 0.0);
        button.setFont(Some(&font));
    }
}

/// What VoiceOver says of the item: the title's abbreviations are for the eye.
pub fn describe_tray(tray: &TrayIcon, text: &str) {
    let (Some(item), Some(main_thread)) = (tray.ns_status_item(), MainThreadMarker::new()) else { return };
    if let Some(button) = item.button(main_thread) {
        button.setAccessibilityLabel(Some(&NSString::from_str(text)));
    }
}

/// Gives a submenu another label.
pub fn rename_submenu(_menu: &Menu, submenu: &Submenu, text: &str) {
    submenu.set_text(text);
}
