//! The power state, as macOS reports it. Nothing is polled. Changes come through the main run loop; the console monitor has
//! none, and always reads at the chosen interval.

use std::cell::Cell;
use std::ffi::c_void;
use std::sync::Arc;

use objc2::rc::{Retained, autoreleasepool};
use objc2::runtime::AnyObject;
use objc2::{DefinedClass, MainThreadMarker, MainThreadOnly, define_class, msg_send, sel};
use objc2_app_kit::{
    NSWorkspace, NSWorkspaceScreensDidSleepNotification, NSWorkspaceScreensDidWakeNotification,
    NSWorkspaceSessionDidBecomeActiveNotification, NSWorkspaceSessionDidResignActiveNotification,
};
use objc2_foundation::{
    NSDictionary, NSDistributedNotificationCenter, NSNotification, NSNotificationCenter, NSNotificationName,
    NSNotificationSuspensionBehavior, NSNumber, NSObject, NSOperationQueue, NSProcessInfo,
    NSProcessInfoPowerStateDidChangeNotification, NSString, ns_string,
};

use super::tray::observe;
use crate::core::messages::effect::Event;
use crate::core::metrics::power_state::PowerState;
use crate::runtime::inbox::{Inbox, Input};

/// The result of `IOPSGetTimeRemainingEstimate` on mains, and on a Mac without a battery.
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

// Source: `CoreGraphics/CGSession.h`. The result is a CFDictionary that is the caller's, or null without a session.
#[allow(unsafe_code)]
#[link(name = "CoreGraphics", kind = "framework")]
unsafe extern "C-unwind" {
    safe fn CGSessionCopyCurrentDictionary() -> *mut c_void;
}

/// The power state now, for `doctor`. A person reads it, so the display counts as awake and the session as unlocked.
pub fn power_state() -> PowerState {
    PowerState { is_on_battery: is_on_battery(), is_low_power: is_low_power(), ..PowerState::default() }
}

fn is_on_battery() -> bool {
    IOPSGetTimeRemainingEstimate() != UNLIMITED
}

fn is_low_power() -> bool {
    autoreleasepool(|_| NSProcessInfo::processInfo().isLowPowerModeEnabled())
}

/// Sets whether the session is locked, and whether another user has the screen. Without a session both stay as they are.
///
/// Sources: `CGSession.h`, `kCGSessionOnConsoleKey`. The key of the lock is in none of Apple's headers, and is there only while
/// the session is locked.
#[allow(unsafe_code)]
fn read_session(state: &mut PowerState) {
    let session = CGSessionCopyCurrentDictionary().cast::<NSDictionary<NSString, AnyObject>>();
    // SAFETY: a CFDictionary is an NSDictionary, and its keys are strings. It is ours, and released once.
    let Some(session) = (unsafe { Retained::from_raw(session) }) else { return };
    let flag = |key| session.objectForKey(key)?.downcast::<NSNumber>().ok().map(|flag| flag.boolValue());
    state.is_session_locked = flag(ns_string!("CGSSessionScreenIsLocked")).unwrap_or(false);
    state.is_session_inactive = !flag(ns_string!("kCGSSessionOnConsoleKey")).unwrap_or(true);
}

/// The power state that was sent last. On the main thread alone.
struct PowerWatch {
    inbox: Arc<Inbox>,
    sent: Cell<PowerState>,
}

impl PowerWatch {
    fn change(&self, change: impl FnOnce(&mut PowerState)) {
        let mut now = self.sent.get();
        change(&mut now);
        if self.sent.replace(now) != now {
            self.inbox.send(Input::Event(Event::PowerState(now)));
        }
    }
}

/// Sends the power state, now and whenever it changes, for as long as the process lasts. Call it on the main thread;
/// `has_loop` is whether a run loop runs on it.
pub fn watch_power_state(inbox: &Arc<Inbox>, has_loop: bool) {
    if !has_loop {
        return;
    }
    let sent = Cell::new(PowerState::default());
    // The observers last for as long as the process.
    let watch: &'static PowerWatch = Box::leak(Box::new(PowerWatch { inbox: Arc::clone(inbox), sent }));
    watch_power_source(watch);
    let [low_power, asleep, awake, inactive, active] = notifications();
    let default = NSNotificationCenter::defaultCenter();
    follow(watch, &default, low_power, |state| state.is_low_power = is_low_power());
    let workspace = NSWorkspace::sharedWorkspace().notificationCenter();
    follow(watch, &workspace, asleep, |state| state.is_display_asleep = true);
    follow(watch, &workspace, awake, |state| state.is_display_asleep = false);
    follow(watch, &workspace, inactive, |state| state.is_session_inactive = true);
    follow(watch, &workspace, active, |state| state.is_session_inactive = false);
    if let Some(main_thread) = MainThreadMarker::new() {
        follow_lock(watch, main_thread);
    }
    // Last: a change from here on is reported, by this thread's loop.
    watch.change(|state| {
        *state = self::power_state();
        read_session(state);
    });
}

define_class!(
    // SAFETY: NSObject demands nothing of its subclasses, and this one is not dropped in a way of its own.
    #[unsafe(super(NSObject))]
    #[thread_kind = MainThreadOnly]
    #[ivars = &'static PowerWatch]
    struct LockObserver;

    impl LockObserver {
        #[unsafe(method(sessionLocked:))]
        fn session_locked(&self, _notification: &NSNotification) {
            self.ivars().change(|state| state.is_session_locked = true);
        }

        #[unsafe(method(sessionUnlocked:))]
        fn session_unlocked(&self, _notification: &NSNotification) {
            self.ivars().change(|state| state.is_session_locked = false);
        }
    }
);

/// Follows the lock of the session. Its notifications are in none of Apple's headers, but loginwindow has posted them since OS X
/// 10.5; without them the session counts as unlocked. They come from another process, which AppKit holds back from a program
/// that is not in front unless they are asked for at once; only an observer that is an object can ask.
#[allow(unsafe_code)]
fn follow_lock(watch: &'static PowerWatch, main_thread: MainThreadMarker) {
    let observer = LockObserver::alloc(main_thread).set_ivars(watch);
    // SAFETY: `init` of NSObject, once for the new object.
    let observer: Retained<LockObserver> = unsafe { msg_send![super(observer), init] };
    let center = NSDistributedNotificationCenter::defaultCenter();
    for (name, selector) in [
        (ns_string!("com.apple.screenIsLocked"), sel!(sessionLocked:)),
        (ns_string!("com.apple.screenIsUnlocked"), sel!(sessionUnlocked:)),
    ] {
        // SAFETY: the observer has both methods, each with a notification as its argument.
        unsafe {
            center.addObserver_selector_name_object_suspensionBehavior(
                &observer,
                selector,
                Some(name),
                None,
                NSNotificationSuspensionBehavior::DeliverImmediately,
            );
        }
    }
    // The center does not keep its observers.
    std::mem::forget(observer);
}

/// Changes the state on the main thread, whichever thread posts the notification: that of low-power mode comes on any.
fn follow(
    watch: &'static PowerWatch,
    center: &NSNotificationCenter,
    name: &NSNotificationName,
    change: fn(&mut PowerState),
) {
    observe(center, name, Some(&NSOperationQueue::mainQueue()), move || watch.change(change));
}

#[allow(unsafe_code)]
fn notifications() -> [&'static NSNotificationName; 5] {
    // SAFETY: constants of Foundation and AppKit, initialised before any code of ours runs.
    unsafe {
        [
            NSProcessInfoPowerStateDidChangeNotification,
            NSWorkspaceScreensDidSleepNotification,
            NSWorkspaceScreensDidWakeNotification,
            NSWorkspaceSessionDidResignActiveNotification,
            NSWorkspaceSessionDidBecomeActiveNotification,
        ]
    }
}

/// Follows the power source. The callback runs when the machine is unplugged or plugged in, and not for every percent of the
/// battery.
#[allow(unsafe_code)]
fn watch_power_source(watch: &'static PowerWatch) {
    let context = std::ptr::from_ref(watch).cast_mut().cast();
    // SAFETY: the callback casts its context to the type that it has, and the context lives as long as the process. The
    // returned source is ours, checked, and never released; the run loop of the main thread and the constant are the system's.
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
    let watch = unsafe { &*context.cast::<PowerWatch>() };
    watch.change(|state| state.is_on_battery = is_on_battery());
}
