//! Background looks at the applications for the history: a scan every five minutes, compared with the one before.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::core::messages::effect::Event;
use crate::core::processes::app_look::AppLook;
use crate::core::processes::top_apps::ProcessSample;
use crate::core::text;
use crate::runtime::clock;
use crate::runtime::inbox::{Inbox, Input};
use crate::runtime::platform::{self, ProcessTable};

/// Takes looks on request, each on a thread that ends with it: five minutes lie between two.
pub struct AppLooks {
    inbox: Arc<Inbox>,
    looker: Arc<Mutex<AppLooker>>,
}

impl AppLooks {
    /// No look yet.
    pub fn new(inbox: Arc<Inbox>) -> AppLooks {
        AppLooks { inbox, looker: Arc::default() }
    }

    /// Takes a look. Never waits; [`Event::AppLook`] comes to the inbox, from the second look on.
    pub fn request(&self) {
        let (inbox, looker) = (Arc::clone(&self.inbox), Arc::clone(&self.looker));
        let send = |inbox: &Inbox, result| inbox.send(Input::Event(Event::AppLook(result)));
        let work = move || {
            // A look that is stuck in the system still holds it: that one is enough.
            let result = looker.try_lock().ok().map(|mut looker| looker.look());
            if let Some(result) = result.and_then(Result::transpose) {
                send(&inbox, result);
            }
        };
        if let Err(error) = platform::start_thread("applications", work) {
            send(&self.inbox, Err(text::problems::no_scan_thread(&error)));
        }
    }
}

/// The scan before, and what makes the next one cheaper.
#[derive(Default)]
pub struct AppLooker {
    /// `None` before the first scan: most runs are shorter.
    table: Option<ProcessTable>,
    before: Option<(Vec<ProcessSample>, Duration)>,
}

impl AppLooker {
    /// Scans the processes. `None` for the first scan, which has none before.
    ///
    /// # Errors
    /// When the processes cannot be listed; the next scan is a first one again.
    pub fn look(&mut self) -> Result<Option<AppLook>, String> {
        let before = self.before.take();
        let at = clock::monotonic();
        let table = self.table.get_or_insert_default();
        let now = table.scan()?;
        let look = before.map(|(before, then)| {
            let (span, is_complete) = (at.saturating_sub(then), table.is_complete());
            AppLook::of(&before, &now, span, platform::cores(), is_complete, table.by_limits(&now).as_deref())
        });
        self.before = Some((now, at));
        Ok(look)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_look_is_silent_and_the_second_names_applications() {
        let mut looker = AppLooker::default();
        assert_eq!(looker.look(), Ok(None));
        let look = looker.look().unwrap().unwrap();
        assert!(look.by_memory().count() > 0, "{look:?}");
    }

    #[test]
    fn a_look_that_is_under_way_is_enough() {
        let inbox = Arc::new(Inbox::default());
        let looks = AppLooks::new(Arc::clone(&inbox));
        looks.looker.lock().unwrap().look().unwrap();
        let stuck = looks.looker.lock().unwrap();
        let ended = Arc::downgrade(&looks.looker);
        looks.request();
        // The thread of the request has let go of everything once only this test holds it.
        let limit = clock::monotonic() + Duration::from_secs(30);
        while ended.strong_count() > 1 {
            assert!(clock::monotonic() < limit, "the thread did not end");
            std::thread::yield_now();
        }
        drop(stuck);
        looks.request();
        let Some(Input::Event(Event::AppLook(Ok(_)))) = inbox.receive() else { panic!("one look, and only one") };
    }
}
