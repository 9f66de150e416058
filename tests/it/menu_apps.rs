//! The applications in the open menu: when the engine looks at them, their rows, and the application that a click asks to quit.

use std::sync::Arc;
use std::time::Duration;

use loadline::core::messages::effect::{Effect, Event, UserCommand};
use loadline::core::metrics::metric::Metric;
use loadline::core::metrics::reading::Reading;
use loadline::core::processes::app_look::AppUse;
use loadline::core::processes::menu_look::{AskedProcess, LookRequest, MenuApp, MenuLook, QuitRequest};
use loadline::core::settings::{Overrides, Settings};
use loadline::core::tray::menu_apps::{AppRow, AppRows};

use crate::support::engine::{Driver, WITH_APPS};

const OPENED: Event = Event::MenuOpened { counts_for: Duration::MAX };

/// A menu in virtual time, of which only the effects that concern applications are kept.
struct Menu(Driver);

impl Menu {
    fn new() -> Menu {
        Menu(Driver::with(Settings { history: false, ..Settings::DEFAULT }, Overrides::default(), WITH_APPS))
    }

    fn at(&mut self, ms: u64, event: Event) -> Vec<Effect> {
        self.0.advance_to(Duration::from_millis(ms));
        let concerns_apps =
            |effect: &Effect| matches!(effect, Effect::LookForMenu(_) | Effect::EndMenuLooks | Effect::AskToQuit(_));
        self.0.handle(event).into_iter().filter(concerns_apps).collect()
    }

    fn look(&mut self, ms: u64, opening: u64, look: MenuLook) -> Vec<Effect> {
        self.at(ms, Event::MenuLook { opening, look: Ok(look) })
    }

    fn rows(&self, metric: Metric) -> AppRows {
        self.0.view().apps[metric as usize].clone()
    }

    fn titles(&self, metric: Metric) -> Vec<String> {
        self.rows(metric).rows.into_iter().map(|row| row.title).collect()
    }

    fn headings(&self) -> [&'static str; 2] {
        [self.rows(Metric::Cpu).heading, self.rows(Metric::Memory).heading]
    }

    /// The first row of the CPU.
    fn first(&self) -> AppRow {
        self.rows(Metric::Cpu).rows[0].clone()
    }
}

fn next(opening: u64, after_ms: u64) -> Vec<Effect> {
    vec![Effect::LookForMenu(LookRequest { opening, after: Duration::from_millis(after_ms) })]
}

fn app(name: &str, processes: usize, cpu_ms: u64, mib: u64, pids: &[u32]) -> MenuApp {
    let usage =
        AppUse { name: name.into(), processes, cpu_time: Duration::from_millis(cpu_ms), memory_bytes: mib << 20 };
    MenuApp { usage, asked: pids.iter().map(|&pid| AskedProcess { pid, started: 7 }).collect() }
}

/// A look that took a millisecond, over two seconds.
fn look(by_cpu: &[MenuApp], by_memory: &[MenuApp]) -> MenuLook {
    MenuLook {
        span: Some(Duration::from_secs(2)),
        by_cpu: by_cpu.to_vec(),
        by_memory: by_memory.to_vec(),
        is_complete: true,
        cost: Duration::from_millis(1),
    }
}

fn first_scan() -> MenuLook {
    MenuLook { span: None, ..look(&[], &[app("Firefox", 14, 0, 2150, &[20])]) }
}

#[test]
fn applications_are_looked_at_while_the_menu_is_open_and_never_else() {
    let mut menu = Menu::new();
    assert_eq!(menu.at(0, Event::Reading(Reading::default())), []);
    assert_eq!(menu.at(1000, OPENED), next(1, 0), "at once");
    assert_eq!(menu.at(1001, OPENED), [], "a panel reports each submenu");
    assert_eq!(menu.look(1010, 1, first_scan()), next(1, 500), "the CPU within a second");
    let busy = app("rustc", 4, 6200, 300, &[31]);
    assert_eq!(menu.look(1520, 1, look(std::slice::from_ref(&busy), &[])), next(1, 2000));
    let dear = MenuLook { cost: Duration::from_millis(10), ..look(&[busy], &[]) };
    assert_eq!(menu.look(3530, 1, dear.clone()), next(1, 2500), "250 times its own CPU time");
    assert_eq!(menu.at(4000, Event::MenuClosed), [Effect::EndMenuLooks]);
    assert_eq!(menu.look(6030, 1, dear), [], "it was under way");
    assert_eq!(menu.at(7000, Event::Reading(Reading::default())), []);
}

#[test]
fn a_menu_that_is_opened_again_and_again_costs_no_more_looks() {
    let mut menu = Menu::new();
    menu.at(0, OPENED);
    assert_eq!(menu.at(100, Event::MenuClosed), [], "the first look is brought to its end");
    assert_eq!(menu.at(200, OPENED), []);
    assert_eq!(menu.look(210, 1, first_scan()), next(1, 500));
    menu.at(300, Event::MenuClosed);
    assert_eq!(menu.look(710, 1, look(&[app("a", 1, 200, 5, &[3])], &[])), [Effect::EndMenuLooks]);
    assert_eq!(menu.titles(Metric::Cpu), ["a 10%"], "the menu may be opened again");
    assert_eq!(menu.at(1000, OPENED), next(2, 1710), "two seconds after the last");
    assert_eq!(menu.at(1100, Event::MenuClosed), [Effect::EndMenuLooks]);
    assert_eq!(menu.at(1200, OPENED), next(3, 1510));
    assert_eq!(menu.titles(Metric::Cpu), ["a 10%"]);
    assert_eq!(menu.look(2720, 2, first_scan()), [], "of another opening");
    assert_eq!(menu.look(2720, 3, first_scan()), next(3, 500));
    assert_eq!(menu.titles(Metric::Cpu), ["a 10%"], "a first scan knows nothing newer");
    assert_eq!(menu.titles(Metric::Memory), ["Firefox, 14 processes 2.1 GB"]);
}

#[test]
fn a_panel_that_reports_no_closing_ends_the_looks_all_the_same() {
    let mut menu = Menu::new();
    menu.at(0, Event::MenuOpened { counts_for: Duration::from_secs(3) });
    menu.look(10, 1, first_scan());
    assert_eq!(menu.look(520, 1, look(&[], &[])), next(1, 2000));
    assert_eq!(menu.look(2530, 1, look(&[], &[])), next(1, 2000));
    assert_eq!(menu.look(4540, 1, look(&[], &[])), [Effect::EndMenuLooks]);
    assert_eq!(menu.at(9000, OPENED), next(2, 0));
}

#[test]
fn the_rows_are_those_of_the_open_menu() {
    let mut menu = Menu::new();
    assert_eq!(menu.headings(), ["Measured while the menu is open"; 2]);
    menu.at(0, OPENED);
    assert_eq!(menu.headings(), ["Measuring…"; 2]);
    menu.look(10, 1, first_scan());
    assert_eq!(menu.headings(), ["Measuring…", "Top applications"]);
    assert_eq!(menu.titles(Metric::Memory), ["Firefox, 14 processes 2.1 GB"]);
    let apps = [app("rustc", 1, 6200, 300, &[31]), app("idle", 1, 3, 512, &[])];
    menu.look(520, 1, look(&apps, &apps));
    assert_eq!(menu.titles(Metric::Cpu), ["rustc 310%", "idle <1%"]);
    assert_eq!(menu.titles(Metric::Memory), ["rustc 300 MB", "idle 512 MB"]);
    let [asked, not_asked] = &menu.rows(Metric::Cpu).rows[..] else { panic!("two rows") };
    assert_eq!(
        (&*asked.question, &*asked.answer, asked.can_ask),
        ("Ask rustc to quit?", "Yes, ask rustc to quit", true)
    );
    assert_eq!((&*not_asked.question, not_asked.can_ask), ("Belongs to the system or to another user", false));
    assert_eq!(menu.headings(), ["Top applications (100% is one core)", "Top applications"]);
    menu.look(2520, 1, MenuLook { is_complete: false, ..look(&apps, &apps) });
    assert_eq!(menu.headings(), ["Of your own programs (100% is one core)", "Of your own programs"]);
    menu.look(4520, 1, look(&[], &apps));
    assert_eq!(menu.headings(), ["Nothing used the CPU", "Top applications"]);
    menu.at(5000, Event::MenuClosed);
    menu.at(6000, Event::Reading(Reading::default()));
    assert_eq!(menu.titles(Metric::Memory).len(), 2, "a click that closed the menu is on its way");
    menu.at(8000, Event::Reading(Reading::default()));
    assert_eq!((menu.titles(Metric::Memory).len(), menu.headings()), (0, ["Measured while the menu is open"; 2]));
}

#[test]
fn a_failed_look_is_told_and_is_not_the_last() {
    let mut menu = Menu::new();
    menu.at(0, OPENED);
    let failed = Event::MenuLook { opening: 1, look: Err("could not read the processes: no".into()) };
    assert_eq!(menu.at(10, failed), next(1, 2000));
    assert_eq!(menu.headings(), ["The processes could not be read"; 2]);
    assert_eq!(menu.0.view().problem.as_deref(), Some("Processes not read: no"));
    assert_eq!(menu.look(2020, 1, first_scan()), next(1, 500));
    assert_eq!(menu.0.view().problem, None);
}

#[test]
fn a_recording_names_no_applications() {
    let mut driver = Driver::new(Settings::DEFAULT);
    let effects = driver.handle(OPENED);
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::LookForMenu(_))), "{effects:?}");
    assert_eq!(driver.view().apps[0].heading, "A recording names no applications");
}

#[test]
fn a_hostile_name_is_escaped_and_cut_in_every_row() {
    let mut menu = Menu::new();
    menu.at(0, OPENED);
    let name = "a\u{1b}[2J\u{202e}\n_&\u{200b}".to_owned() + &"\u{7}".repeat(99);
    menu.look(10, 1, look(&[app(&name, 2, 2000, 5, &[3])], &[]));
    let row = menu.first();
    let shown = r"a\u{1b}[2J\u{202e}\u{a}_&\u{200…";
    assert_eq!(row.title, format!("{shown}, 2 processes 100%"));
    assert_eq!(row.question, format!("Ask {shown} to quit?"));
    assert_eq!(row.answer, format!("Yes, ask {shown} to quit"));
    assert_eq!(shown.chars().count(), 32);
}

#[test]
fn a_click_asks_the_application_that_the_row_named() {
    let mut menu = Menu::new();
    let [one, other] = [app("one", 1, 2000, 5, &[3, 4]), app("other", 1, 2000, 5, &[8])];
    let asked = |name: &str, pids: &[u32]| {
        let processes: Arc<[AskedProcess]> = pids.iter().map(|&pid| AskedProcess { pid, started: 7 }).collect();
        [Effect::AskToQuit(QuitRequest { name: name.into(), processes })]
    };
    menu.at(0, OPENED);
    menu.look(10, 1, first_scan());
    menu.look(520, 1, look(std::slice::from_ref(&one), &[]));
    let click = |number| Event::Command(UserCommand::AskToQuit(number));
    let first = menu.first().number;
    assert_eq!(menu.at(600, click(first)), asked("one", &[3, 4]), "the row was empty before");
    menu.look(2530, 1, look(&[app("one", 1, 1000, 5, &[4])], &[]));
    assert_eq!(menu.first().number, first);
    assert_eq!(menu.at(2540, click(first)), asked("one", &[4]), "the processes of now");
    menu.look(4540, 1, look(&[other], &[]));
    let second = menu.first().number;
    assert_ne!(first, second);
    assert_eq!(menu.at(4550, click(first)), asked("one", &[4]), "the click was made before");
    assert_eq!(menu.at(5539, click(second)), [], "the pointer was there already");
    assert_eq!(menu.at(5540, click(second)), asked("other", &[8]));
    menu.at(5600, Event::MenuClosed);
    assert_eq!(menu.at(5610, click(second)), asked("other", &[8]), "a click closes the menu");
    assert_eq!(menu.at(5620, click(99)), []);
    menu.at(9000, Event::Reading(Reading::default()));
    assert_eq!(menu.at(9010, click(second)), [], "the row is gone");
}
