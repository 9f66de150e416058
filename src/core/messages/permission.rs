//! The permission to show notifications, where the system gives it: how a notification is shown, by what the system says.

use crate::core::text;

/// The permission, as the system reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PermissionStatus {
    NotDetermined,
    Denied,
    Allowed,
}

/// The answer to the request for permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PermissionAnswer {
    Granted,
    /// With the system's reason, where it gives one.
    Refused(Option<String>),
}

/// The way in which a notification is shown. Each problem is one for the menu and the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryRoute {
    NotificationCentre,
    /// By a script, because the notification centre takes none from this program.
    Script {
        problem: String,
    },
    /// Not before the person has answered.
    AfterAnswer {
        problem: String,
    },
    Nowhere {
        problem: String,
    },
}

impl DeliveryRoute {
    /// The route by the present `status` and the answer to this run's request, `None` while there is none.
    ///
    /// The status goes before the answer, for System Settings may have changed it since. A request that is refused while the
    /// status stays undetermined was never shown to the person: macOS does that to programs that it does not trust by their
    /// signature (UNErrorCodeNotificationsNotAllowed).
    pub fn of(status: PermissionStatus, answer: Option<&PermissionAnswer>) -> DeliveryRoute {
        match (status, answer) {
            (PermissionStatus::Allowed, _) => DeliveryRoute::NotificationCentre,
            (PermissionStatus::Denied, _) => {
                DeliveryRoute::Nowhere { problem: text::desktop::NOTIFICATIONS_NOT_ALLOWED.into() }
            }
            (PermissionStatus::NotDetermined, None) => {
                DeliveryRoute::AfterAnswer { problem: text::desktop::NOTIFICATIONS_ASKED_FOR.into() }
            }
            (PermissionStatus::NotDetermined, Some(PermissionAnswer::Refused(reason))) => {
                DeliveryRoute::Script { problem: text::desktop::notifications_need_signature(reason.as_deref()) }
            }
            // The status lags behind the answer.
            (PermissionStatus::NotDetermined, Some(PermissionAnswer::Granted)) => DeliveryRoute::NotificationCentre,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFUSED: PermissionAnswer = PermissionAnswer::Refused(None);

    #[test]
    fn the_status_of_now_goes_before_the_answer_of_the_start() {
        for answer in [None, Some(&PermissionAnswer::Granted), Some(&REFUSED)] {
            let route = |status| DeliveryRoute::of(status, answer);
            assert_eq!(route(PermissionStatus::Allowed), DeliveryRoute::NotificationCentre);
            let DeliveryRoute::Nowhere { problem } = route(PermissionStatus::Denied) else { panic!("{answer:?}") };
            assert!(problem.contains("System Settings > Notifications"), "{problem}");
        }
    }

    #[test]
    fn an_unanswered_request_holds_notifications_back_and_says_so() {
        let route = DeliveryRoute::of(PermissionStatus::NotDetermined, None);
        let DeliveryRoute::AfterAnswer { problem } = route else { panic!("{route:?}") };
        assert!(problem.contains("macOS is asking"), "{problem}");
    }

    #[test]
    fn a_refusal_without_a_question_to_the_person_names_the_signature_and_goes_by_script() {
        let reason = Some("Notifications are not allowed for this application".to_owned());
        for answer in [REFUSED, PermissionAnswer::Refused(reason)] {
            let route = DeliveryRoute::of(PermissionStatus::NotDetermined, Some(&answer));
            let DeliveryRoute::Script { problem } = route else { panic!("{route:?}") };
            assert!(problem.contains("needs a Developer ID signature"), "{problem}");
            let is_reason_given = answer != REFUSED;
            assert_eq!(problem.contains("not allowed for this application"), is_reason_given, "{problem}");
        }
    }

    #[test]
    fn a_granted_request_counts_before_the_status_shows_it() {
        let route = DeliveryRoute::of(PermissionStatus::NotDetermined, Some(&PermissionAnswer::Granted));
        assert_eq!(route, DeliveryRoute::NotificationCentre);
    }
}
