//! Looks at the applications while the menu is open, on a thread of its own that ends with them.

use std::sync::Arc;
use std::time::Duration;

use crate::core::messages::effect::Event;
use crate::core::processes::app_look::AppLook;
use crate::core::processes::menu_look::{LookRequest, MenuLook};
use crate::core::processes::top_apps::ProcessSample;
use crate::core::text;
use crate::runtime::clock;
use crate::runtime::inbox::{Inbox, Input};
use crate::runtime::platform::{self, ProcessTable};
use crate::runtime::work_queue::{WorkQueue, WorkReceiver};

/// Takes looks on request. Dropping it ends the thread, in the middle of its wait; a thread that is stuck in the system is not
/// waited for.
pub struct MenuLooks {
    inbox: Arc<Inbox>,
    /// The requests of the latest opening of the menu, and their thread. Dropping them ends it.
    running: Option<(u64, WorkQueue<LookRequest>)>,
}

impl MenuLooks {
    /// Starts no thread before the first request.
    pub fn new(inbox: Arc<Inbox>) -> MenuLooks {
        MenuLooks { inbox, running: None }
    }

    /// Takes a look when it is due. Never waits; [`Event::MenuLook`] comes to the inbox. A request of a new opening ends the
    /// looks of the one before.
    pub fn request(&mut self, request: LookRequest) {
        let running = self.running.take().filter(|(opening, requests)| {
            // A thread that has met a closed inbox is gone.
            *opening == request.opening && requests.has_receiver()
        });
        let (opening, requests) = running.unwrap_or_else(|| (request.opening, WorkQueue::new(1, |_| true)));
        if !requests.has_receiver()
            && let Err(error) = start_thread(requests.receiver(), Arc::clone(&self.inbox))
        {
            send(&self.inbox, opening, Err(text::problems::no_scan_thread(&error)));
            return;
        }
        requests.push(request);
        self.running = Some((opening, requests));
    }

    /// Ends the thread, and frees what it knows of the processes.
    pub fn end(&mut self) {
        self.running = None;
    }
}

fn start_thread(requests: WorkReceiver<LookRequest>, inbox: Arc<Inbox>) -> std::io::Result<()> {
    let work = move || {
        let mut looker = MenuLooker::default();
        while let Some(request) = requests.pop() {
            let is_wanted = requests.pause(request.after);
            if !is_wanted || !send(&inbox, request.opening, looker.look()) {
                return;
            }
        }
    };
    platform::start_thread("menu-apps", work)
}

/// Returns whether the inbox is open.
fn send(inbox: &Inbox, opening: u64, look: Result<MenuLook, String>) -> bool {
    inbox.send(Input::Event(Event::MenuLook { opening, look }))
}

/// The scan before, and what makes the next one cheaper.
#[derive(Default)]
struct MenuLooker {
    table: ProcessTable,
    before: Option<(Vec<ProcessSample>, Duration)>,
}

impl MenuLooker {
    /// Scans the processes. After a failed scan the next one is a first one again.
    fn look(&mut self) -> Result<MenuLook, String> {
        let began = platform::thread_cpu_time();
        let (before, at) = (self.before.take(), clock::monotonic());
        let now = self.table.scan()?;
        let span = before.as_ref().map(|(_, then)| at.saturating_sub(*then));
        let earlier = before.as_ref().map_or(&[][..], |(samples, _)| samples);
        let is_complete = self.table.is_complete();
        let counted = self.table.by_limits(&now);
        let look =
            AppLook::of(earlier, &now, span.unwrap_or_default(), platform::cores(), is_complete, counted.as_deref());
        let look = MenuLook::of(&look, span, &now, std::process::id(), |sample| platform::is_own_app(sample.pid));
        self.before = Some((now, at));
        Ok(MenuLook { cost: platform::thread_cpu_time().saturating_sub(began), ..look })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(inbox: &Inbox) -> (u64, MenuLook) {
        match inbox.receive() {
            Some(Input::Event(Event::MenuLook { opening, look: Ok(look) })) => (opening, look),
            other => panic!("{other:?}"),
        }
    }

    fn request(opening: u64, ms: u64) -> LookRequest {
        LookRequest { opening, after: Duration::from_millis(ms) }
    }

    #[test]
    fn the_first_look_tells_of_memory_and_the_second_of_the_cpu() {
        let inbox = Arc::new(Inbox::default());
        let mut looks = MenuLooks::new(Arc::clone(&inbox));
        assert!(looks.running.is_none());
        looks.request(request(1, 0));
        let (opening, first) = result(&inbox);
        assert!(opening == 1 && first.span.is_none() && !first.by_memory.is_empty(), "{first:?}");
        assert!(first.cost > Duration::ZERO, "a look costs something");
        looks.request(request(1, 100));
        let (_, second) = result(&inbox);
        assert!(second.span.is_some_and(|span| span >= Duration::from_millis(100)), "{:?}", second.span);
        // A new opening compares with no scan of the one before.
        looks.request(request(2, 0));
        let (opening, third) = result(&inbox);
        assert!(opening == 2 && third.span.is_none());
    }

    #[test]
    fn the_end_of_the_looks_ends_the_wait_for_the_next_one() {
        let inbox = Arc::new(Inbox::default());
        let mut looks = MenuLooks::new(Arc::clone(&inbox));
        looks.request(request(1, 3_600_000));
        let (_, requests) = looks.running.take().unwrap();
        assert!(requests.finish(Some(Duration::from_secs(20))), "the thread waits on");
        assert!(inbox.is_empty());
    }
}
