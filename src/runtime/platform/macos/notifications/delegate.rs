//! The delegate of UNUserNotificationCenter: it takes the responses to notifications.

// The macro that defines the class takes no such attribute.
#![allow(unsafe_code)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use block2::DynBlock;
use objc2::rc::Retained;
use objc2::runtime::{NSObjectProtocol, ProtocolObject};
use objc2::{AnyThread, DefinedClass, define_class, msg_send};
use objc2_foundation::NSObject;
use objc2_user_notifications::{
    UNNotification, UNNotificationPresentationOptions, UNNotificationResponse, UNUserNotificationCenter,
    UNUserNotificationCenterDelegate,
};

use crate::runtime::platform::buttons::{Button, ButtonReplies, command_of};

/// The identifier of a click on a notification itself: UNNotificationDefaultActionIdentifier in
/// `UserNotifications/UNNotificationResponse.h`.
pub const CLICK_ID: &str = "com.apple.UNNotificationDefaultActionIdentifier";

/// The buttons of the notifications that were shown, by their identifiers.
pub type ShownButtons = Arc<Mutex<BTreeMap<&'static str, Vec<Button>>>>;

/// The state of [`ResponseDelegate`].
struct Responses {
    replies: ButtonReplies,
    shown: ShownButtons,
}

define_class!(
    // SAFETY: NSObject has no requirements for subclasses, and the class implements no Drop.
    #[unsafe(super(NSObject))]
    #[name = "LoadlineNotificationDelegate"]
    #[ivars = Responses]
    struct ResponseDelegate;

    // SAFETY: NSObjectProtocol has no requirements.
    unsafe impl NSObjectProtocol for ResponseDelegate {}

    // SAFETY: both methods have the signatures of UNUserNotificationCenter.h.
    unsafe impl UNUserNotificationCenterDelegate for ResponseDelegate {
        /// Asked while the app is in front, as it is with its menu open: shown all the same.
        #[unsafe(method(userNotificationCenter:willPresentNotification:withCompletionHandler:))]
        fn will_present(
            &self,
            _center: &UNUserNotificationCenter,
            _notification: &UNNotification,
            done: &DynBlock<dyn Fn(UNNotificationPresentationOptions)>,
        ) {
            let options = UNNotificationPresentationOptions::Banner
                | UNNotificationPresentationOptions::List
                | UNNotificationPresentationOptions::Sound;
            done.call((options,));
        }

        #[unsafe(method(userNotificationCenter:didReceiveNotificationResponse:withCompletionHandler:))]
        fn did_receive(
            &self,
            _center: &UNUserNotificationCenter,
            response: &UNNotificationResponse,
            done: &DynBlock<dyn Fn()>,
        ) {
            let Responses { replies, shown } = self.ivars();
            let name = response.notification().request().identifier().to_string();
            #[cfg(feature = "menu-bar")]
            super::super::reopening::note_response();
            let pressed = response.actionIdentifier().to_string();
            let command = {
                let shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
                shown.get(name.as_str()).and_then(|buttons| command_of(buttons, &pressed))
            };
            command.into_iter().for_each(|command| replies.send(command));
            done.call(());
        }
    }
);

impl ResponseDelegate {
    fn new(responses: Responses) -> Retained<ResponseDelegate> {
        let this = ResponseDelegate::alloc().set_ivars(responses);
        // SAFETY: `init` of NSObject, on an allocated object whose fields are set.
        unsafe { msg_send![super(this), init] }
    }
}

/// Sends the commands of pressed buttons to `replies` from now on, for as long as the process lasts. Call it once.
pub fn forward_responses(replies: ButtonReplies, shown: ShownButtons) {
    let delegate = ResponseDelegate::new(Responses { replies, shown });
    UNUserNotificationCenter::currentNotificationCenter().setDelegate(Some(ProtocolObject::from_ref(&*delegate)));
    // The center does not keep its delegate.
    std::mem::forget(delegate);
}
