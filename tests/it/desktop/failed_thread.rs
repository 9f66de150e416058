//! A thread of the menu-bar app that fails: the item comes back, and the readings with it.

use super::world::World;
use crate::service::restart::FailingThread;

#[test]
fn an_app_whose_sampler_fails_starts_again_with_its_item() {
    let world = World::start();
    let failing = FailingThread::new(&world.path(""));
    let mut launch = world.loadline().args(&["--every", "250ms"]);
    for (name, value) in failing.variables() {
        launch = launch.env(name, value.to_str().unwrap());
    }
    let app = launch.start();
    world.host.item().wait_checked("CPU threshold", "80%");
    world.host.forget_items();
    failing.fail("sampler");
    app.wait_err("Loadline's thread 'sampler' has failed, which is a bug, and Loadline has started again");
    world.host.item().wait_checked("CPU threshold", "80%");
}
