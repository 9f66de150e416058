//! The status item: AppKit's requirements of a menu-bar app that tray-icon does not meet.

use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use block2::RcBlock;
use objc2::rc::Retained;
use objc2::runtime::{AnyObject, NSObjectProtocol, ProtocolObject};
use objc2::{MainThreadMarker, sel};
use objc2_app_kit::{
    NSAboutPanelOptionApplicationName, NSAboutPanelOptionApplicationVersion, NSAboutPanelOptionVersion,
    NSAccessibility, NSApplication, NSMenu, NSMenuDidBeginTrackingNotification, NSMenuDidEndTrackingNotification,
    NSStatusBarButton, NSStatusItem, NSWindow, NSWindowOcclusionState, NSWorkspace, NSWorkspaceDidWakeNotification,
};
use objc2_foundation::{
    NSActivityOptions, NSDateFormatter, NSDictionary, NSLocale, NSNotification, NSNotificationCenter,
    NSNotificationName, NSObjectNSDelayedPerforming, NSOperationQueue, NSProcessInfo, NSString, ns_string,
};
use tao::event_loop::EventLoop;
use tao::platform::macos::{ActivationPolicy, EventLoopExtMacOS};
use tray_icon::TrayIcon;
use tray_icon::menu::accelerator::{Accelerator, Code, Modifiers};
use tray_icon::menu::{ContextMenu, Menu, Submenu};

use super::reopening;
use crate::core::escape::for_menu;
use crate::core::messages::effect::Event;
use crate::core::text;
use crate::core::time::Clock;
use crate::runtime::inbox::{Inbox, Input};
use crate::runtime::platform::icon_folder::IconFolder;

/// A status item may be text alone.
pub const ICON_CAN_BE_HIDDEN: bool = true;
/// The numbers stand beside the mark, so the mark shows none.
pub const SHOWS_LEVELS_IN_ICON: bool = false;
/// Under a section header since macOS 14; muda makes it a grey row before.
pub const SHOWS_SECTION_HEADERS: bool = true;
/// The panel with the version, which every app has.
pub const HAS_ABOUT_PANEL: bool = true;

/// Whether a menu is open. tao runs its loop meanwhile, and a change of the status item would close the menu (tao issue 1324).
static IS_MENU_OPEN: AtomicBool = AtomicBool::new(false);

/// The session of the caller.
///
/// Source: `Security/AuthSession.h`, `callerSecuritySession`.
const CALLERS_SESSION: u32 = u32::MAX;
/// The session may use the window server. One over SSH may not, not even while the same person is logged in at the screen.
///
/// Source: `Security/AuthSession.h`, `sessionHasGraphicAccess`.
const HAS_GRAPHIC_ACCESS: u32 = 0x10;

// Source: `Security/AuthSession.h`. An `OSStatus` of 0 is success.
#[allow(unsafe_code)]
#[link(name = "Security", kind = "framework")]
unsafe extern "C-unwind" {
    fn SessionGetInfo(session: u32, id: *mut u32, attributes: *mut u32) -> i32;
}

/// Checks that there is a desktop. Without one AppKit ends the process at its first use, so call it before anything of AppKit.
#[allow(unsafe_code)]
pub fn desktop() -> Result<(), String> {
    let (mut id, mut attributes) = (0, 0);
    // SAFETY: both places live through the call, and have the sizes of `SecuritySessionId` and `SessionAttributeBits`.
    let status = unsafe { SessionGetInfo(CALLERS_SESSION, &raw mut id, &raw mut attributes) };
    let has_desktop = status == 0 && attributes & HAS_GRAPHIC_ACCESS != 0;
    if has_desktop { Ok(()) } else { Err(text::desktop::NO_GRAPHIC_SESSION.into()) }
}

/// Prepares the event loop: no Dock icon, and no focus at the start.
pub fn prepare_loop<T>(event_loop: &mut EventLoop<T>) {
    event_loop.set_activation_policy(ActivationPolicy::Accessory);
    event_loop.set_activate_ignoring_other_apps(false);
    let ([opened, closed], woken) = (menu_notifications(), wake_notification());
    let center = NSNotificationCenter::defaultCenter();
    observe(&center, opened, None, || IS_MENU_OPEN.store(true, Ordering::Relaxed));
    observe(&center, closed, None, || IS_MENU_OPEN.store(false, Ordering::Relaxed));
    let workspace = NSWorkspace::sharedWorkspace().notificationCenter();
    observe(&workspace, woken, None, reopening::note_wake);
}

/// Keeps App Nap away. App Nap delays the timers of an app without windows, the sampler's too, by as much as minutes. The
/// machine itself may sleep.
#[derive(Default)]
pub struct Punctuality {
    activity: Option<Retained<ProtocolObject<dyn NSObjectProtocol>>>,
}

impl Punctuality {
    /// Whether readings must come on time.
    #[allow(unsafe_code)]
    pub fn require(&mut self, is_required: bool) {
        let process = NSProcessInfo::processInfo();
        if !is_required {
            if let Some(activity) = self.activity.take() {
                // SAFETY: `beginActivityWithOptions:reason:` returned it, and it is ended once.
                unsafe { process.endActivity(&activity) };
            }
        } else if self.activity.is_none() {
            self.activity = Some(process.beginActivityWithOptions_reason(
                NSActivityOptions::UserInitiatedAllowingIdleSystemSleep,
                ns_string!("Reads CPU and memory at the interval that the person chose"),
            ));
        }
    }
}

/// AppKit's notification that the machine has woken.
#[allow(unsafe_code)]
fn wake_notification() -> &'static NSNotificationName {
    // SAFETY: a constant of AppKit, initialised before any code of ours runs.
    unsafe { NSWorkspaceDidWakeNotification }
}

/// AppKit's notifications that a menu opens and that it closes: the whole menu, not its submenus.
#[allow(unsafe_code)]
fn menu_notifications() -> [&'static NSNotificationName; 2] {
    // SAFETY: both are constants of AppKit, initialised before any code of ours runs.
    unsafe { [NSMenuDidBeginTrackingNotification, NSMenuDidEndTrackingNotification] }
}

/// Sends an event when the menu opens and when it closes. AppKit always reports both.
pub fn watch_menu(inbox: Arc<Inbox>) {
    let [opened, closed] = menu_notifications();
    let closing = Arc::clone(&inbox);
    let center = NSNotificationCenter::defaultCenter();
    observe(&center, opened, None, move || {
        inbox.send(Input::Event(Event::MenuOpened { counts_for: Duration::MAX }));
    });
    observe(&center, closed, None, move || {
        closing.send(Input::Event(Event::MenuClosed));
    });
}

/// Calls `action` for each notification of this name, for as long as the process lasts: on the thread that posts it, which must
/// then be the main thread, or on the `queue` of the main thread.
#[allow(unsafe_code)]
pub(super) fn observe(
    center: &NSNotificationCenter,
    name: &NSNotificationName,
    queue: Option<&NSOperationQueue>,
    action: impl Fn() + 'static,
) {
    let block = RcBlock::new(move |_: NonNull<NSNotification>| action());
    // SAFETY: no object is named, and the block runs on the main thread, where it was made: AppKit posts there the
    // notifications that are observed without a queue.
    let observer = unsafe { center.addObserverForName_object_queue_usingBlock(Some(name), None, queue, &block) };
    std::mem::forget(observer);
}

/// Whether rows and charts may change while the menu is open. Where that closes the menu, as a change of the item does, set it
/// to false: then the open menu stays as it is, and shows the charts of the time before it was opened.
pub const UPDATES_OPEN_MENU: bool = true;

/// Whether an open menu forbids changes of the item.
pub fn is_menu_open() -> bool {
    IS_MENU_OPEN.load(Ordering::Relaxed)
}

/// Calls `gone` when the desktop goes: never on a Mac, where the end of the login session sends a signal.
pub fn on_session_end(_gone: impl Fn() + Send + Sync + 'static) {}

/// Gives the new item its menu, as AppKit's own way has it: the button opens it for a click, for the keyboard and for
/// VoiceOver, on every display. tray-icon 0.26.1 lays a view over the button instead, which opens the menu for the mouse alone
/// (`platform_impl/macos/mod.rs`, `TrayTarget`). Its later calls to that view change nothing once it is taken out.
#[allow(unsafe_code)]
pub fn attach_menu(tray: &TrayIcon, menu: &Menu) {
    let Some((item, button)) = parts(tray) else { return };
    let target = button.subviews().iter().find(|view| view.class().name().to_bytes().ends_with(b"TaoTrayTarget"));
    if let Some(target) = target {
        target.removeFromSuperview();
    }
    // SAFETY: muda keeps the NSMenu for as long as `menu` lives, the item retains it, and this is the main thread.
    item.setMenu(unsafe { menu.ns_menu().cast::<NSMenu>().as_ref() });
    // SAFETY: the item has this method, which takes a string. It is called at the next turn of the loop: a name that is set in
    // the moment of the item's creation may not bring its place back, and without a name macOS forgets it.
    unsafe { item.performSelector_withObject_afterDelay(sel!(setAutosaveName:), Some(ns_string!("loadline")), 0.0) };
}

/// The status item and its button. `None` off the main thread, which is never so.
pub(super) fn parts(tray: &TrayIcon) -> Option<(Retained<NSStatusItem>, Retained<NSStatusBarButton>)> {
    let item = tray.ns_status_item()?;
    Some((item.clone(), item.button(MainThreadMarker::new()?)?))
}

/// Opens the menu, and returns whether it could: not where the item is not in sight, as behind a notch or among too many others.
///
/// The menu opens at the next turn of the loop: AppKit tracks it until it is closed, and tao must not wait for that.
#[allow(unsafe_code)]
pub fn open_menu(tray: &TrayIcon) -> bool {
    if is_menu_open() {
        return true;
    }
    let Some((_, button)) = parts(tray) else { return false };
    let is_in_sight =
        |window: &NSWindow| window.isVisible() && window.occlusionState().contains(NSWindowOcclusionState::Visible);
    if !button.window().is_some_and(|window| is_in_sight(&window)) {
        return false;
    }
    // SAFETY: a button has this method, and takes no sender for an answer.
    unsafe { button.performSelector_withObject_afterDelay(sel!(performClick:), None, 0.0) };
    true
}

/// Closes the open menu. AppKit's loop that tracks it ends after this turn of ours.
pub fn close_menu(tray: &TrayIcon) {
    let menu = parts(tray).zip(MainThreadMarker::new()).and_then(|((item, _), main_thread)| item.menu(main_thread));
    if let Some(menu) = menu {
        menu.cancelTrackingWithoutAnimation();
    }
}

/// Sets the text of the item for VoiceOver: the title is abbreviated.
pub fn set_accessibility_label(tray: &TrayIcon, text: &str) {
    if let Some((_, button)) = parts(tray) {
        button.setAccessibilityLabel(Some(&NSString::from_str(text)));
    }
}

/// The command key with `key`, which works while the menu is open; `None` for a key that no row has.
pub fn shortcut(key: char) -> Option<Accelerator> {
    let code = match key {
        ',' => Code::Comma,
        'q' => Code::KeyQ,
        _ => return None,
    };
    Some(Accelerator::new(Modifiers::META, code))
}

/// Shows the system's panel with the name and the version, which a bare program has no bundle to tell.
#[allow(unsafe_code)]
pub fn show_about() {
    let Some(main_thread) = MainThreadMarker::new() else { return };
    let app = NSApplication::sharedApplication(main_thread);
    // An app without a Dock icon is never active by itself, and its panel would open behind the windows of others. The
    // replacement, `activate`, exists since macOS 14, and may be refused to an app that the active one does not yield to.
    #[allow(deprecated)]
    app.activateIgnoringOtherApps(true);
    // SAFETY: the keys are constants of AppKit, and each takes a string. An empty build version is left out.
    unsafe {
        let keys = [NSAboutPanelOptionApplicationName, NSAboutPanelOptionApplicationVersion, NSAboutPanelOptionVersion];
        let values = [ns_string!("Loadline"), ns_string!(env!("CARGO_PKG_VERSION")), ns_string!("")];
        let options = NSDictionary::<NSString, AnyObject>::from_slices(&keys, &values.map(|value| value.as_ref()));
        app.orderFrontStandardAboutPanelWithOptions(&options);
    }
}

/// The way in which the person's region and their own choice (System Settings > General > Date & Time) write times of day.
///
/// Source: Unicode Technical Standard 35, part 4: the skeleton `j` stands for the preferred hours.
pub fn clock() -> Clock {
    let locale = NSLocale::currentLocale();
    let pattern = NSDateFormatter::dateFormatFromTemplate_options_locale(ns_string!("j"), 0, Some(&locale));
    pattern.map_or_else(Clock::default, |pattern| Clock::of_pattern(&pattern.to_string()))
}

/// Gives a submenu of `menu` another label.
pub fn rename_submenu(_menu: &Menu, submenu: &Submenu, text: &str) {
    submenu.set_text(for_menu(text));
}

/// Makes sure that the item is registered: nothing on macOS.
pub fn ensure_registered() {}

/// The pictures of the icon as files: the menu bar needs none.
pub struct IconFiles;

impl IconFiles {
    /// Removes `folder`.
    pub fn new(_folder: IconFolder) -> IconFiles {
        IconFiles
    }

    /// Whether another panel has come: there is one menu bar.
    pub fn is_stale(&self) -> bool {
        false
    }
}

/// Whether text is shown beside the icon: the menu bar always shows it.
pub fn panel_shows_text() -> bool {
    true
}

/// Watches the menu where this process shows it itself: AppKit reports every menu.
pub fn watch_own_menu(_menu: &Menu, _inbox: &Arc<Inbox>) {}

/// Watches for a panel: the menu bar is always there.
pub fn watch_for_panel(_inbox: &Arc<Inbox>) {}

/// Sets the title of the item for panels that show it: the menu bar has the tooltip.
pub fn set_item_title(_tray: &TrayIcon, _title: &str) {}
