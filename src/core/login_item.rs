//! Launch at login: the state that the system reports, and the step that a click takes from it.

/// Whether Loadline is launched at login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginItemState {
    Off,
    On,
    /// Registered, but not allowed: on macOS the person has switched it off in System Settings. Nothing is launched.
    NeedsApproval,
}

/// The step of a click on *Launch at login*.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginItemStep {
    SwitchOn,
    SwitchOff,
    /// The program is where it will not be at the next login.
    Refuse,
}

impl LoginItemState {
    /// The state of the app that macOS launches itself, by the raw status of its service: 0 not registered, 1 enabled,
    /// 2 requires approval, 3 not found. An app that was never registered is not found.
    ///
    /// Source: `ServiceManagement/SMAppService.h`, `SMAppServiceStatus`.
    pub fn of_service(status: isize) -> LoginItemState {
        match status {
            1 => LoginItemState::On,
            2 => LoginItemState::NeedsApproval,
            _ => LoginItemState::Off,
        }
    }

    /// The state of an agent's file on macOS, by whether it is there and its raw status. launchd loads a file that is there
    /// unless the person forbids it; until macOS has looked at a new file, its status is 0 or 3.
    pub fn of_agent(is_there: bool, status: impl FnOnce() -> isize) -> LoginItemState {
        match is_there.then(status) {
            None => LoginItemState::Off,
            Some(2) => LoginItemState::NeedsApproval,
            Some(_) => LoginItemState::On,
        }
    }

    /// Whether Loadline is launched at the next login, for the check mark.
    pub fn is_on(self) -> bool {
        self == LoginItemState::On
    }

    /// The step of a click. `is_settled` is whether the program will be in its place at the next login. An item that needs
    /// approval is registered again: macOS ignores that, unless the person has removed its entry meanwhile.
    pub fn on_click(self, is_settled: bool) -> LoginItemStep {
        match self {
            LoginItemState::On => LoginItemStep::SwitchOff,
            LoginItemState::Off | LoginItemState::NeedsApproval if is_settled => LoginItemStep::SwitchOn,
            LoginItemState::Off | LoginItemState::NeedsApproval => LoginItemStep::Refuse,
        }
    }
}

/// Whether a program at this path on macOS will be there at the next login: not on a disk image or another disk, and not in
/// the copy from which macOS runs a download that was never moved (App Translocation).
pub fn is_settled(path: &str) -> bool {
    !path.starts_with("/Volumes/") && !path.contains("/AppTranslocation/")
}

#[cfg(test)]
mod tests {
    use super::LoginItemState::{NeedsApproval, Off, On};
    use super::*;

    #[test]
    fn an_app_is_on_only_where_its_service_is_enabled() {
        assert_eq!([0, 1, 2, 3, 4].map(LoginItemState::of_service), [Off, On, NeedsApproval, Off, Off]);
        assert_eq!([Off, On, NeedsApproval].map(LoginItemState::is_on), [false, true, false]);
    }

    #[test]
    fn an_agent_is_on_where_its_file_is_there_and_allowed() {
        assert_eq!([0, 1, 2, 3].map(|status| LoginItemState::of_agent(true, || status)), [On, On, NeedsApproval, On]);
        let mut was_asked = false;
        let missing = LoginItemState::of_agent(false, || {
            was_asked = true;
            1
        });
        assert_eq!((missing, was_asked), (Off, false));
    }

    #[test]
    fn a_click_switches_and_never_on_from_a_place_that_goes_away() {
        use LoginItemStep::{Refuse, SwitchOff, SwitchOn};
        assert_eq!([Off, On, NeedsApproval].map(|state| state.on_click(true)), [SwitchOn, SwitchOff, SwitchOn]);
        assert_eq!([Off, On, NeedsApproval].map(|state| state.on_click(false)), [Refuse, SwitchOff, Refuse]);
    }

    #[test]
    fn disk_images_and_translocated_copies_go_away() {
        for path in [
            "/Volumes/Loadline/Loadline.app/Contents/MacOS/loadline",
            "/private/var/folders/x1/T/AppTranslocation/0A1B/d/Loadline.app/Contents/MacOS/loadline",
        ] {
            assert!(!is_settled(path), "{path}");
        }
        for path in ["/Applications/Loadline.app/Contents/MacOS/loadline", "/Users/Volumes/bin/loadline"] {
            assert!(is_settled(path), "{path}");
        }
    }
}
