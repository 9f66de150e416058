//! The real program on a desktop made for one test. A `World` has its own bus, X server, panel,
//! notification daemon and home, and nothing of the machine's; the program is started in it with a
//! scripted trace, and is then looked at and clicked the way a panel does it, over D-Bus. Tests run
//! side by side and wait for conditions only (`wait`), so neither the clock nor the load decides.

mod bus;
mod dbusmenu;
mod host;
mod item;
mod launch;
mod notifications;
mod services;
mod signals;
mod trace;
mod world;
mod xserver;

mod alerts;
mod at_home;
mod buttons;
mod faults;
mod late_bus;
mod lean;
mod leaving;
mod live;
mod memory;
mod menu;
mod messages;
mod naming;
mod no_desktop;
mod own_cost;
mod past;
mod power_state;
mod settings_file;
mod snooze;
mod soak;
mod stillness;
