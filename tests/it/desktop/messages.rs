//! The cost of a reading on the desktop: messages and wake-ups. (The cost without a desktop: `guards`.)
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use zbus::fdo::MonitoringProxy;
use zbus::{Connection, MessageStream, block_on, connection};

use super::item::Item;
use super::signals::{content, next};
use super::trace::Trace;
use super::world::World;
use crate::guards::wakeups::wakeups;
use crate::wait::{SOON, wait_for};

/// A message on the bus.
#[derive(Clone, Debug)]
struct Sent {
    by: String,
    member: String,
    at: Instant,
    content: String,
}

/// A monitor of every message on the bus, not only signals; it ends with this value.
struct Monitor {
    connection: Connection,
    seen: Arc<Mutex<Vec<Sent>>>,
    listener: Option<JoinHandle<()>>,
}

impl Monitor {
    fn of(world: &World) -> Self {
        let connection = block_on(connection::Builder::address(world.bus_address()).build()).unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&seen);
        let mut stream = MessageStream::from(&connection);
        let proxy = block_on(MonitoringProxy::new(&connection)).unwrap();
        block_on(proxy.become_monitor(&[], 0)).unwrap();
        let listen = move || {
            while let Some(Ok(message)) = next(&mut stream) {
                let header = message.header();
                let text = |name: Option<String>| name.unwrap_or_default();
                let by = text(header.sender().map(ToString::to_string));
                let member = text(header.member().map(ToString::to_string));
                let sent = Sent { by, member, at: Instant::now(), content: content(&message) };
                sink.lock().unwrap().push(sent);
            }
        };
        Self { connection, seen, listener: Some(thread::spawn(listen)) }
    }

    /// The messages that the program of `item` has sent.
    fn sent_by(&self, item: &Item) -> Vec<Sent> {
        let mut sent = self.seen.lock().unwrap().clone();
        sent.retain(|message| message.by == item.bus_name());
        sent
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        // Closing the connection ends the stream, and with it the thread.
        let _ = block_on(self.connection.clone().close());
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

/// Longer than any delayed message of the toolkit.
const QUIET: Duration = Duration::from_millis(700);

#[test]
fn an_unchanged_reading_sends_nothing_and_wakes_two_threads_once() {
    const READINGS_A_SECOND: u32 = 20;
    // The time of a hundred readings.
    const WINDOW: Duration = Duration::from_secs(5);
    let world = World::start();
    let monitor = Monitor::of(&world);
    // Constant for ten minutes, so that the trace does not end before the test, however slow the start.
    let trace = Trace::seconds().hold(600 * READINGS_A_SECOND as usize, 52, 52);
    let app = world.loadline().readings(&trace, READINGS_A_SECOND).start();
    let item = world.host.item();
    item.wait_row("CPU 52%");
    let before = wait_for("the messages of the first reading to end", SOON, || {
        let sent = monitor.sent_by(&item);
        (sent.last()?.at.elapsed() > QUIET).then_some(sent)
    });
    let (woken, since) = (wakeups(app.id()), Instant::now());
    wait_for("a hundred readings", SOON, || (since.elapsed() >= WINDOW).then_some(()));
    let a_reading = (wakeups(app.id()) - woken) as f64 / (since.elapsed().as_secs_f64() * f64::from(READINGS_A_SECOND));
    let after = monitor.sent_by(&item).split_off(before.len());
    assert!(after.is_empty(), "{after:#?}");
    // The sampler's thread and the main one. On a busy machine one wake-up serves several readings; almost none would mean that
    // the trace is over.
    assert!((0.2..2.5).contains(&a_reading), "{a_reading} wake-ups a reading");
}

#[test]
fn a_changed_reading_sends_few_messages() {
    const READINGS: u32 = 100;
    let world = World::start();
    let monitor = Monitor::of(&world);
    let start = Trace::seconds().hold(60, 1, 100);
    let trace = (2..=READINGS).fold(start, |trace, n| trace.hold(1, n, 101 - n));
    let launch = world.loadline().args(&["--cpu", "off", "--memory", "off"]);
    let _app = launch.readings(&trace, 40).start();
    let item = world.host.item();
    // Changes are sent for the properties that the panel has read.
    item.wait_row("CPU 1%");
    let before = monitor.sent_by(&item);
    let is_last = |message: &Sent| message.member == "ItemsPropertiesUpdated" && message.content.contains("Memory 1%");
    let sent = wait_for("the last reading", SOON, || {
        let sent = monitor.sent_by(&item).split_off(before.len());
        sent.iter().any(is_last).then_some(sent)
    });
    let mut counts = BTreeMap::new();
    sent.iter().for_each(|message| *counts.entry(message.member.as_str()).or_insert(0) += 1);
    // Four for each reading: the label, the title, the icon, and both rows at once.
    let bound = 4 * READINGS as usize + 30;
    assert!(sent.len() <= bound, "{} messages for {READINGS} readings: {counts:?}", sent.len());
}
