//! Notifications that the service takes from the screen by itself.
use super::buttons::expire;
use super::trace::Trace;
use super::world::World;

/// Their numbers may be another program's later, and a request to close them is work for nothing.
#[test]
fn a_notification_that_has_expired_is_not_closed_again_with_buttons_or_without() {
    let world = World::start();
    let trace = Trace::every(10).hold(1, 20, 30).hold(60, 95, 30).hold(60, 21, 30).hold(60, 97, 30).hold(900, 22, 30);
    let app = world.loadline().args(&["--every", "10s", "--after", "0s"]).readings(&trace, 100).start();
    // An alert has buttons, its end has none. The next one comes six seconds later.
    for (index, title) in ["CPU 95%", "CPU 21%", "CPU 97%", "CPU 22%"].into_iter().enumerate() {
        world.daemon.wait_popups(&[title]);
        expire(&world, &app, world.daemon.wait_notification(index + 1).id);
    }
    let numbers = world.daemon.closed();
    assert_eq!(numbers, [0; 0], "nothing was left to close");
    assert_eq!(app.err(), [""; 0]);
}
