//! How the machine is being used, as macOS tells it: nothing is polled. What tells of changes comes through the main run
//! loop, so that the console monitor, which has none, does not hear of it and reads at the chosen interval always.

use std::cell::Cell;
use std::ffi::c_void;
use std::sync::Arc;

use objc2_app_kit::{NSWorkspace, NSWorkspaceScreensDidSleepNotification, NSWorkspaceScreensDidWakeNotification};
use objc2_foundation::{
    NSDistributedNotificationCenter, NSNotificationCenter, NSNotificationName, NSOperationQueue, NSProcessInfo,
    NSProcessInfoPowerStateDidChangeNotification, ns_string,
};

use super::tray::observe;
use crate::core::messages::effect::Event;
use crate::core::metrics::power_state::PowerState;
use crate::runtime::inbox::{Inbox, Input};

/// What `IOPSGetTimeRemainingEstimate` answers of mains, and of a Mac without a battery.
///
/// Source: `IOKit/ps/IOPowerSources.h`, `kIOPSTimeRemainingUnlimited`.
const UNLIMITED: f64 = -2.0;

// Sources: `IOKit/ps/IOPowerSources.h`, `CoreFoundation/CFRunLoop.h`.
#[allow(unsafe_code)]
#[link(name = "IOKit", kind = "framework")]
unsafe extern "C-unwind" {
    safe fn IOPSGetTimeRemainingEstimate() -> f64;
    fn IOPSCreateLimitedPowerNotification(
        callback: extern "C-unwind" fn(*mut c_void),
        context: *mut c_void,
    ) -> *mut c_void;
}

#[allow(unsafe_code)]
#[link(name = "CoreFoundation", kind = "framework")]
unsafe extern "C-unwind" {
    safe fn CFRunLoopGetMain() -> *mut c_void;
    fn CFRunLoopAddSource(run_loop: *mut c_void, source: *mut c_void, mode: *const c_void);
    static kCFRunLoopCommonModes: *const c_void;
}

/// How the machine is being used now. Whoever asks (`doctor`) is there to look: the display counts as awake, the session as
/// unlocked.
pub fn power_state() -> PowerState {
    PowerState { is_on_battery: is_on_battery(), is_low_power: is_low_power(), ..PowerState::default() }
}

fn is_on_battery() -> bool {
    IOPSGetTimeRemainingEstimate() != UNLIMITED
}

fn is_low_power() -> bool {
    NSProcessInfo::processInfo().isLowPowerModeEnabled()
}

/// Who is told, and what was told last. On the main thread alone.
struct Watch {
    inbox: Arc<Inbox>,
    told: Cell<PowerState>,
}

impl Watch {
    fn change(&self, change: impl FnOnce(&mut PowerState)) {
        let mut now = self.told.get();
        change(&mut now);
        if self.told.replace(now) != now {
            self.inbox.send(Input::Event(Event::PowerState(now)));
        }
    }
}

/// Has it sent how the machine is being used, now and whenever that changes, for as long as the process lasts. On the main
/// thread; `has_loop` is whether a run loop runs on it.
pub fn watch_power_state(inbox: &Arc<Inbox>, has_loop: bool) {
    if !has_loop {
        return;
    }
    let told = Cell::new(PowerState::default());
    // As long as the process, as whoever tells it.
    let watch: &'static Watch = Box::leak(Box::new(Watch { inbox: Arc::clone(inbox), told }));
    watch.change(|state| *state = self::power_state());
    watch_power_source(watch);
    let [low_power, asleep, awake] = notifications();
    let default = NSNotificationCenter::defaultCenter();
    follow(watch, &default, low_power, |state| state.is_low_power = is_low_power());
    let workspace = NSWorkspace::sharedWorkspace().notificationCenter();
    follow(watch, &workspace, asleep, |state| state.is_display_asleep = true);
    follow(watch, &workspace, awake, |state| state.is_display_asleep = false);
    // In no header of Apple's, but posted by loginwindow since OS X 10.5; where they do not come, nothing is locked.
    let distributed = NSDistributedNotificationCenter::defaultCenter();
    let [locked, unlocked] = [ns_string!("com.apple.screenIsLocked"), ns_string!("com.apple.screenIsUnlocked")];
    follow(watch, &distributed, locked, |state| state.is_session_locked = true);
    follow(watch, &distributed, unlocked, |state| state.is_session_locked = false);
}

/// On the main thread, on whichever it is posted: that of low-power mode is on any.
fn follow(
    watch: &'static Watch,
    center: &NSNotificationCenter,
    name: &NSNotificationName,
    change: fn(&mut PowerState),
) {
    observe(center, name, Some(&NSOperationQueue::mainQueue()), move || watch.change(change));
}

#[allow(unsafe_code)]
fn notifications() -> [&'static NSNotificationName; 3] {
    // SAFETY: constants of Foundation and AppKit, initialised before any code of ours runs.
    unsafe {
        [
            NSProcessInfoPowerStateDidChangeNotification,
            NSWorkspaceScreensDidSleepNotification,
            NSWorkspaceScreensDidWakeNotification,
        ]
    }
}

/// Called when the machine is unplugged or plugged in, and not for every percent of the battery.
#[allow(unsafe_code)]
fn watch_power_source(watch: &'static Watch) {
    let context = std::ptr::from_ref(watch).cast_mut().cast();
    // SAFETY: the callback takes its context for what it is, which lives as long as the process. The source that comes back
    // is ours, checked, and never released; the run loop of the main thread and the constant are the system's.
    unsafe {
        let source = IOPSCreateLimitedPowerNotification(power_source_changed, context);
        if !source.is_null() {
            CFRunLoopAddSource(CFRunLoopGetMain(), source, kCFRunLoopCommonModes);
        }
    }
}

#[allow(unsafe_code)]
extern "C-unwind" fn power_source_changed(context: *mut c_void) {
    // SAFETY: the context of `watch_power_source`, called on the main thread, where everything else uses it.
    let watch = unsafe { &*context.cast::<Watch>() };
    watch.change(|state| state.is_on_battery = is_on_battery());
}
