//! The applications under the live rows, while the menu is open, and the request to quit.
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command};

use super::item::Item;
use super::world::World;
use crate::process::Program;
use crate::wait::{SOON, wait_for};

/// A name that would end a line, change the direction of the text, and mark letters.
const NAME: &str = "b_u&s\n\u{202e}y";
const SHOWN: &str = r"b_u&s\u{a}\u{202e}y";

/// A program of that name which uses a whole processor, and ends with the test.
struct BusyProgram(Child);

impl BusyProgram {
    fn start(world: &World) -> BusyProgram {
        let file = world.path("tmp").join(NAME);
        fs::copy("/bin/sh", &file).unwrap();
        BusyProgram(Command::new(&file).args(["-c", "while :; do :; done"]).spawn().unwrap())
    }
}

impl Drop for BusyProgram {
    fn drop(&mut self) {
        // It has ended where it was asked to.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The rows under a live row, which begins with `metric`.
fn rows(item: &Item, metric: &str) -> Option<Vec<String>> {
    Some(item.menu()?.find(&[&format!("{metric}*")])?.labels().into_iter().map(str::to_owned).collect())
}

/// Whether the thread that looks at the processes for the menu is there.
fn is_looking(app: &Program) -> bool {
    let threads = fs::read_dir(format!("/proc/{}/task", app.id())).unwrap();
    let names = threads.flatten().filter_map(|thread| fs::read_to_string(thread.path().join("comm")).ok());
    names.into_iter().any(|name| name.trim_end() == "menu-apps")
}

#[test]
fn applications_are_in_the_menu_while_it_is_open_and_can_be_asked_to_quit() {
    let world = World::start_alone();
    let mut busy = BusyProgram::start(&world);
    let app: Program = world.loadline().args(&["--cpu", "off", "--every", "1s"]).start();
    let item = world.host.item();
    wait_for("a reading", SOON, || item.memory());
    let none = "–".to_owned() + &"\u{2007}".repeat(32);
    let closed: Vec<String> =
        std::iter::once("Measured while the menu is open".to_owned()).chain(vec![none; 5]).collect();
    assert_eq!((rows(&item, "CPU"), rows(&item, "Memory")), (Some(closed.clone()), Some(closed.clone())));
    assert!(!is_looking(&app));
    item.open();
    let is_busy = |row: &&String| row.starts_with(SHOWN) && row.ends_with('%');
    wait_for("the busy program", SOON, || rows(&item, "CPU")?.iter().find(is_busy).cloned());
    let memory = rows(&item, "Memory").unwrap();
    assert!(
        memory.len() == 6 && memory[1..].iter().all(|row| row.ends_with(" MB") || row.ends_with(" GB")),
        "{memory:?}"
    );
    assert!(is_looking(&app));
    // The rows are live.
    let before = rows(&item, "CPU").unwrap();
    wait_for("other figures", SOON, || (rows(&item, "CPU")? != before).then_some(()));

    let row = format!("{SHOWN}*");
    let question = item.menu().unwrap();
    let question = question.find(&["CPU*", &row]).unwrap();
    assert_eq!(question.labels(), [format!("Ask {SHOWN} to quit?"), format!("Yes, ask {SHOWN} to quit")]);
    assert!(!question.children[0].enabled && question.children[1].enabled);
    let status = wait_for("the end of the program", SOON, || {
        // Where the program has only just come into this row, the click is not taken.
        busy.0.try_wait().unwrap().or_else(|| {
            item.click(&["CPU*", &row, "Yes, ask*"]);
            None
        })
    });
    assert_eq!(status.signal(), Some(rustix::process::Signal::TERM.as_raw()));
    item.close();
    wait_for("the end of the looks", SOON, || (!is_looking(&app)).then_some(()));
    wait_for("the rows to be emptied", SOON, || (rows(&item, "CPU")? == closed).then_some(()));
}
