//! The tray library may find the panel before its own connection to the bus, and then never registers its item: by chance on a
//! busy machine, and always in this test.

use super::trace::Trace;
use super::world::World;
use crate::support::preload;

#[test]
fn the_item_is_registered_when_the_library_finds_the_panel_before_the_bus() {
    let world = World::start();
    let library = preload::compile("tests/it/desktop/late_bus.c", &world.path(""));
    let trace = Trace::still(23, 61);
    let app = world.loadline().readings(&trace, 1).env("LD_PRELOAD", library.to_str().unwrap()).start();
    let item = world.host.item();
    item.wait_label("23%  61%");
    // One item, and the menu of it.
    item.wait_checked("CPU threshold", "80%");
    let warnings = app.err_with("g_dbus_proxy_new");
    assert!(!warnings.is_empty(), "the library found the bus in time, so that nothing was tested");
}
