//! Launch at login: its state is read, and a click performed, on a thread of their own. The system may take its time, and may
//! show a window.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::core::login_item::{LoginItemState, LoginItemStep};
use crate::core::messages::effect::{Event, Operation};
use crate::core::text;
use crate::runtime::inbox::{Inbox, Input};
use crate::runtime::service::failures;
use crate::runtime::{launcher, platform};

/// The system's part of launch at login.
trait LoginItem: Send + Sync {
    fn state(&self) -> Result<LoginItemState, String>;
    fn is_settled(&self) -> bool;
    fn set(&self, on: bool) -> Result<(), String>;
    /// Opens the settings in which the person allows it.
    fn open_settings(&self);
}

struct ThisSystem;

impl LoginItem for ThisSystem {
    fn state(&self) -> Result<LoginItemState, String> {
        platform::login_item_state()
    }

    fn is_settled(&self) -> bool {
        platform::is_settled()
    }

    fn set(&self, on: bool) -> Result<(), String> {
        platform::set_launch_at_login(on)
    }

    fn open_settings(&self) {
        platform::open_login_item_settings();
    }
}

/// The clicks and reads of the login item, performed one after the other on a thread that ends when none is left. Nobody waits
/// for it, not even at the end of the program.
pub struct LoginItemJobs {
    shared: Arc<SharedJobs>,
}

struct SharedJobs {
    inbox: Arc<Inbox>,
    system: Box<dyn LoginItem>,
    requested: Mutex<RequestedJobs>,
}

#[derive(Default)]
struct RequestedJobs {
    clicks: usize,
    is_read: bool,
    has_thread: bool,
}

impl LoginItemJobs {
    /// No jobs yet.
    pub fn new(inbox: Arc<Inbox>) -> LoginItemJobs {
        LoginItemJobs::with(inbox, Box::new(ThisSystem))
    }

    fn with(inbox: Arc<Inbox>, system: Box<dyn LoginItem>) -> LoginItemJobs {
        LoginItemJobs { shared: Arc::new(SharedJobs { inbox, system, requested: Mutex::default() }) }
    }

    /// Reads the state: an [`Event::LoginItem`], or the failure of [`Operation::ReadLoginItem`].
    pub fn read(&self) {
        self.request(|jobs| jobs.is_read = true);
    }

    /// Switches the state that the system reports, which its own settings may have changed, and reads it back. The outcome is
    /// that of [`Operation::LoginItem`]; there is none where the state cannot be read.
    pub fn click(&self) {
        self.request(|jobs| jobs.clicks += 1);
    }

    fn request(&self, add: impl FnOnce(&mut RequestedJobs)) {
        let mut requested = self.shared.lock();
        add(&mut requested);
        if requested.has_thread {
            return;
        }
        let shared = Arc::clone(&self.shared);
        match failures::spawn("login item", move || shared.work()) {
            Ok(_) => requested.has_thread = true,
            Err(error) => {
                *requested = RequestedJobs::default();
                let result = Err(launcher::no_thread(&error));
                self.shared.inbox.send(Input::outcome(Operation::LoginItem, result));
            }
        }
    }
}

impl SharedJobs {
    fn lock(&self) -> MutexGuard<'_, RequestedJobs> {
        // The requests are whole between any two statements: a panic elsewhere leaves them usable.
        self.requested.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Performs jobs until none is left.
    fn work(&self) {
        while let Some(is_click) = self.next() {
            platform::with_autorelease_pool(|| {
                // A state that cannot be read is reported below, once.
                if let (true, Ok(state)) = (is_click, self.system.state()) {
                    self.inbox.send(Input::outcome(Operation::LoginItem, switch(&*self.system, state)));
                }
                self.inbox.send(match self.system.state() {
                    Ok(state) => Input::Event(Event::LoginItem(state.is_on())),
                    Err(problem) => Input::outcome(Operation::ReadLoginItem, Err(problem)),
                });
            });
        }
    }

    /// Whether the next job is a click, which includes a read; `None` ends the thread.
    fn next(&self) -> Option<bool> {
        let mut requested = self.lock();
        let is_read = std::mem::take(&mut requested.is_read);
        if requested.clicks > 0 {
            requested.clicks -= 1;
            return Some(true);
        }
        requested.has_thread = is_read;
        is_read.then_some(false)
    }
}

/// Performs a click on an item in this state.
fn switch(system: &dyn LoginItem, state: LoginItemState) -> Result<(), String> {
    match state.on_click(system.is_settled()) {
        LoginItemStep::Refuse => Err(text::desktop::LOGIN_ITEM_UNSETTLED.into()),
        LoginItemStep::SwitchOff => system.set(false),
        LoginItemStep::SwitchOn => {
            let result = system.set(true);
            // macOS remembers that the person has forbidden it: only they can allow it again.
            if system.state() == Ok(LoginItemState::NeedsApproval) {
                system.open_settings();
                return Ok(());
            }
            result
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use LoginItemState::{NeedsApproval, Off, On};

    use super::*;

    /// A system that is in this state, whatever is done, and the calls that would change something.
    struct FixedSystem {
        state: Result<LoginItemState, String>,
        is_settled: bool,
        result: Result<(), String>,
        calls: Mutex<Vec<String>>,
    }

    impl FixedSystem {
        fn new(state: Result<LoginItemState, String>) -> FixedSystem {
            FixedSystem { state, is_settled: true, result: Ok(()), calls: Mutex::default() }
        }
    }

    impl LoginItem for FixedSystem {
        fn state(&self) -> Result<LoginItemState, String> {
            self.state.clone()
        }

        fn is_settled(&self) -> bool {
            self.is_settled
        }

        fn set(&self, on: bool) -> Result<(), String> {
            self.calls.lock().unwrap().push(format!("set {on}"));
            self.result.clone()
        }

        fn open_settings(&self) {
            self.calls.lock().unwrap().push("settings".into());
        }
    }

    /// A click, from one state to another: its result, and the calls.
    fn click(
        before: LoginItemState,
        after: LoginItemState,
        result: Result<(), String>,
    ) -> (Result<(), String>, String) {
        let system = FixedSystem { result, ..FixedSystem::new(Ok(after)) };
        (switch(&system, before), system.calls.into_inner().unwrap().join(", "))
    }

    #[test]
    fn a_click_switches_the_state_of_the_system() {
        assert_eq!(click(Off, On, Ok(())), (Ok(()), "set true".into()));
        assert_eq!(click(On, Off, Ok(())), (Ok(()), "set false".into()));
        assert_eq!(click(Off, Off, Err("no".into())), (Err("no".into()), "set true".into()));
        assert_eq!(click(On, On, Err("no".into())), (Err("no".into()), "set false".into()));
    }

    #[test]
    fn an_item_that_needs_approval_opens_the_settings_and_is_no_problem() {
        let opened = (Ok(()), "set true, settings".to_owned());
        assert_eq!(click(NeedsApproval, NeedsApproval, Ok(())), opened);
        assert_eq!(click(NeedsApproval, NeedsApproval, Err("denied by the user".into())), opened);
        assert_eq!(click(Off, NeedsApproval, Err("denied by the user".into())), opened, "macOS remembers");
        assert_eq!(click(NeedsApproval, On, Ok(())), (Ok(()), "set true".into()), "its entry had been removed");
    }

    #[test]
    fn a_program_that_will_move_is_only_switched_off() {
        let system = FixedSystem { is_settled: false, ..FixedSystem::new(Ok(Off)) };
        let problem = switch(&system, Off).unwrap_err();
        assert!(problem.starts_with("move Loadline to Applications first"), "{problem}");
        assert_eq!(switch(&system, On), Ok(()));
        assert_eq!(*system.calls.lock().unwrap(), ["set false"]);
    }

    fn jobs(system: impl LoginItem + 'static) -> (LoginItemJobs, Arc<Inbox>) {
        let inbox = Arc::new(Inbox::default());
        (LoginItemJobs::with(Arc::clone(&inbox), Box::new(system)), inbox)
    }

    #[test]
    fn a_state_that_cannot_be_read_is_a_problem_of_the_reading() {
        let (jobs, inbox) = jobs(FixedSystem::new(Err("no".into())));
        jobs.read();
        assert_eq!(inbox.receive(), Some(Input::outcome(Operation::ReadLoginItem, Err("no".into()))));
        jobs.click();
        assert_eq!(inbox.receive(), Some(Input::outcome(Operation::ReadLoginItem, Err("no".into()))));
        assert!(inbox.is_empty());
    }

    /// A system that waits in each switch until the test lets it go on.
    struct SlowSystem {
        is_on: Mutex<bool>,
        /// Locked while a job is in work: a second one at the same time would find it locked.
        in_work: Mutex<()>,
        begun: Sender<()>,
        go_on: Mutex<Receiver<()>>,
    }

    impl LoginItem for SlowSystem {
        fn state(&self) -> Result<LoginItemState, String> {
            Ok(if *self.is_on.lock().unwrap() { On } else { Off })
        }

        fn is_settled(&self) -> bool {
            true
        }

        fn set(&self, on: bool) -> Result<(), String> {
            let _alone = self.in_work.try_lock().map_err(|_| "two at once")?;
            self.begun.send(()).unwrap();
            self.go_on.lock().unwrap().recv().unwrap();
            *self.is_on.lock().unwrap() = on;
            Ok(())
        }

        fn open_settings(&self) {}
    }

    #[test]
    fn a_slow_system_holds_nobody_up_and_no_click_is_lost() {
        let ((begun, has_begun), (go_on, may_go_on)) = (channel(), channel());
        let (is_on, in_work) = (Mutex::default(), Mutex::default());
        let (jobs, inbox) = jobs(SlowSystem { is_on, in_work, begun, go_on: Mutex::new(may_go_on) });
        jobs.click();
        has_begun.recv().unwrap();
        jobs.read();
        jobs.click();
        jobs.click();
        assert!(inbox.is_empty(), "the system has not answered yet");
        (0..3).for_each(|_| go_on.send(()).unwrap());
        for is_on in [true, false, true] {
            assert_eq!(inbox.receive(), Some(Input::outcome(Operation::LoginItem, Ok(()))));
            assert_eq!(inbox.receive(), Some(Input::Event(Event::LoginItem(is_on))));
        }
        // A thread that has ended is followed by another one.
        jobs.read();
        assert_eq!(inbox.receive(), Some(Input::Event(Event::LoginItem(true))));
    }
}
