//! UNUserNotificationCenter: permission, and notifications with their buttons. Only for a program in a bundle: any other
//! one it ends.
//!
//! Directly, not by mac-usernotifications (0.3.1), which notify-rust's `preview-macos-un` wraps. That crate drops the error of a
//! refused request (`auth.rs`, `request_auth_inner`), gives each category the custom dismiss action, by which clearing a
//! left-over notification starts the app (`action.rs`, `build_category`), leaves new notifications out of the Notification
//! Centre while the app is in front (`delegate.rs`, no `List`), and needs a thread for each notification with buttons.
//!
//! Apple's center may be used on any thread, and calls back on threads of its own; each call here has a pool around it, by the
//! notifier.

use std::ptr::NonNull;
use std::sync::mpsc::{self, SyncSender};
use std::time::Duration;

use block2::RcBlock;
use objc2::rc::Retained;
use objc2::runtime::Bool;
use objc2_foundation::{NSArray, NSError, NSSet, NSString};
use objc2_user_notifications::{
    UNAuthorizationOptions, UNAuthorizationStatus, UNMutableNotificationContent, UNNotification, UNNotificationAction,
    UNNotificationActionOptions, UNNotificationCategory, UNNotificationCategoryOptions,
    UNNotificationInterruptionLevel, UNNotificationRequest, UNNotificationSettings, UNNotificationSound,
    UNUserNotificationCenter,
};

use super::delegate::CLICK_ID;
use crate::core::messages::effect::Notification;
use crate::core::messages::permission::{PermissionAnswer, PermissionStatus};
use crate::runtime::platform::buttons::Button;

/// The category of notifications with buttons.
const CATEGORY: &str = "alert";
/// Asks for permission, and waits for the answer: until the person gives one, or at once where the center knows it.
pub fn request_permission() -> PermissionAnswer {
    let answer = reply(None, |sender| {
        let block = RcBlock::new(move |is_granted: Bool, error: *mut NSError| {
            let answer = match is_granted.as_bool() {
                true => PermissionAnswer::Granted,
                false => PermissionAnswer::Refused(description(error)),
            };
            // Nobody waits any more at the end of the process.
            let _ = sender.try_send(answer);
        });
        let options = UNAuthorizationOptions::Alert | UNAuthorizationOptions::Sound;
        center().requestAuthorizationWithOptions_completionHandler(options, &block);
    });
    answer.unwrap_or(PermissionAnswer::Refused(None))
}

/// The permission now. `None` when the center does not respond within `limit`.
#[allow(unsafe_code)]
pub fn permission(limit: Duration) -> Option<PermissionStatus> {
    reply(Some(limit), |sender| {
        let block = RcBlock::new(move |settings: NonNull<UNNotificationSettings>| {
            // SAFETY: the center passes settings that live through the call.
            let status = match unsafe { settings.as_ref() }.authorizationStatus() {
                UNAuthorizationStatus::NotDetermined => PermissionStatus::NotDetermined,
                UNAuthorizationStatus::Denied => PermissionStatus::Denied,
                // Also the provisional and the ephemeral one, by which notifications are shown.
                _ => PermissionStatus::Allowed,
            };
            let _ = sender.try_send(status);
        });
        center().getNotificationSettingsWithCompletionHandler(&block);
    })
}

/// Shows `content` in place of the notification with the same `name`. The error is the center's; `None` when it does not
/// respond within `limit`.
pub fn show(name: &str, content: &Notification, buttons: &[Button], limit: Duration) -> Option<Result<(), String>> {
    let request = UNNotificationRequest::requestWithIdentifier_content_trigger(
        &NSString::from_str(name),
        &build(content, buttons),
        None,
    );
    reply(Some(limit), |sender| {
        let block = RcBlock::new(move |error: *mut NSError| {
            let _ = sender.try_send(description(error).map_or(Ok(()), Err));
        });
        center().addNotificationRequest_withCompletionHandler(&request, Some(&block));
    })
}

fn build(content: &Notification, buttons: &[Button]) -> Retained<UNMutableNotificationContent> {
    let built = UNMutableNotificationContent::new();
    built.setTitle(&NSString::from_str(&content.title));
    built.setBody(&NSString::from_str(&content.body));
    built.setInterruptionLevel(match content.is_quiet {
        true => UNNotificationInterruptionLevel::Passive,
        false => UNNotificationInterruptionLevel::Active,
    });
    if content.has_sound {
        built.setSound(Some(&UNNotificationSound::defaultSound()));
    }
    let actions: Vec<_> = buttons.iter().filter(|button| button.id != CLICK_ID).map(action).collect();
    if !actions.is_empty() {
        // Without the custom dismiss action: clearing the notification starts nothing. Apple's own default action is there
        // without being named.
        let category = UNNotificationCategory::categoryWithIdentifier_actions_intentIdentifiers_options(
            &NSString::from_str(CATEGORY),
            &NSArray::from_retained_slice(&actions),
            &NSArray::new(),
            UNNotificationCategoryOptions::empty(),
        );
        center().setNotificationCategories(&NSSet::from_retained_slice(&[category]));
        built.setCategoryIdentifier(&NSString::from_str(CATEGORY));
    }
    built
}

fn action(button: &Button) -> Retained<UNNotificationAction> {
    UNNotificationAction::actionWithIdentifier_title_options(
        &NSString::from_str(&button.id),
        &NSString::from_str(&button.label),
        UNNotificationActionOptions::empty(),
    )
}

/// Closes the notifications with these names, and waits until the center has done it: for `limit` at most. A process that
/// ended sooner might take the request with it.
pub fn close(names: &[&str], limit: Duration) {
    let names: Vec<_> = names.iter().map(|name| NSString::from_str(name)).collect();
    center().removeDeliveredNotificationsWithIdentifiers(&NSArray::from_retained_slice(&names));
    // The center takes requests in order: its next reply comes after the removal.
    let _ = reply(Some(limit), |sender| {
        let block = RcBlock::new(move |_: NonNull<NSArray<UNNotification>>| {
            let _ = sender.try_send(());
        });
        center().getDeliveredNotificationsWithCompletionHandler(&block);
    });
}

fn center() -> Retained<UNUserNotificationCenter> {
    UNUserNotificationCenter::currentNotificationCenter()
}

/// The reply of a call that `start` makes and that calls back on another thread: waits for `limit` at most, or without end.
fn reply<T: Send + 'static>(limit: Option<Duration>, start: impl FnOnce(SyncSender<T>)) -> Option<T> {
    let (sender, receiver) = mpsc::sync_channel(1);
    objc2::rc::autoreleasepool(|_| start(sender));
    match limit {
        Some(limit) => receiver.recv_timeout(limit).ok(),
        None => receiver.recv().ok(),
    }
}

/// The words of an error; `None` where there is none.
#[allow(unsafe_code)]
fn description(error: *mut NSError) -> Option<String> {
    // SAFETY: null, or an error that lives through the call that passes it.
    let error = unsafe { error.as_ref() }?;
    Some(error.localizedDescription().to_string())
}
