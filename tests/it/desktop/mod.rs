//! The real program on a desktop made for one test. A `World` has its own bus, X server, panel,
//! notification daemon and home, and nothing of the machine's; the program is started in it with a
//! scripted trace, and is then read and clicked over D-Bus, as a panel does it. Tests run side by
//! side and wait only for conditions (`wait`), so that neither the clock nor the load decides.

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
mod buttons;
mod ending;
mod expiry;
mod failed_thread;
mod faults;
mod history;
mod late_bus;
mod live;
mod locked;
mod memory;
mod menu;
mod menu_apps;
mod messages;
mod naming;
mod no_desktop;
mod notification_services;
mod old_tray;
mod opengl;
mod panels;
mod power_state;
mod self_usage;
mod settings_file;
mod snooze;
mod soak;
mod startup;
mod sweeping;
mod unchanged;
mod untold;
mod updates;
