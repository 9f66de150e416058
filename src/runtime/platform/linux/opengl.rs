//! GTK without OpenGL. GDK looks for it when it opens the display, though menus never use it; with Mesa's software renderer
//! that alone brings in LLVM, and makes three times as much memory of a tray item.

use std::env;
use std::process::Command as Program;

/// GDK's switch (GTK 3 documentation, "Running GTK+ Applications").
const SWITCH: &str = "GDK_GL";
/// Our way to write "disable", which tells it from what a person set: GDK takes a list, with commas between.
const OFF: &str = "disable,";

/// What has to be done before anything else runs: OpenGL is kept out, unless a person says how they want it.
#[allow(unsafe_code)]
pub fn prepare_process() {
    if cfg!(feature = "menu-bar") && env::var_os(SWITCH).is_none() {
        // SAFETY: the environment must not be read by another thread meanwhile. `main` calls this first of all, before there
        // is another thread.
        unsafe { env::set_var(SWITCH, OFF) };
    }
}

/// Gives a program that is about to be started the environment as it was found: it may well want OpenGL.
pub fn restore_environment(program: &mut Program) {
    if env::var_os(SWITCH).is_some_and(|value| value == OFF) {
        program.env_remove(SWITCH);
    }
}
