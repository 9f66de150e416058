//! The two things that wait until an open menu has closed: the end of the run, and changes of the menu where they would close it.
//!
//! On macOS AppKit tracks an open menu in a loop of its own, within which tao's goes on. The status item must not be removed
//! before AppKit's loop has ended. On Linux the panel draws the menu, and nothing waits.

use crate::core::metrics::recent::Chart;
use crate::core::tray::view::View;
use crate::runtime::app::config::End;

/// The end of the run, which waits for the menu to close.
#[derive(Default)]
pub struct PendingEnd(Option<End>);

impl PendingEnd {
    /// Ends the run: at once, or, while the menu is open, at the first [`PendingEnd::poll`] after it has closed.
    pub fn request(&mut self, end: End, is_menu_open: bool) -> Option<End> {
        self.0 = Some(end);
        self.poll(is_menu_open)
    }

    /// The end, once the menu is closed; `None` where none was requested. Call it at each turn of the loop.
    pub fn poll(&mut self, is_menu_open: bool) -> Option<End> {
        self.0.take_if(|_| !is_menu_open)
    }

    /// Whether the run is about to end, so that no further input is handled.
    pub fn is_pending(&self) -> bool {
        self.0.is_some()
    }
}

/// The charts that an open menu could not show.
#[derive(Default)]
pub struct HeldCharts(Option<Box<[Chart; 2]>>);

impl HeldCharts {
    /// The view to show in place of `view`, or `None` to change nothing. `shown` is the view that is shown now, if any, and
    /// `updates_open_menu` whether rows may change while the menu is open. The item itself may not: it is changed once the
    /// menu has closed.
    pub fn pass(
        &mut self,
        view: View,
        shown: Option<&View>,
        is_menu_open: bool,
        updates_open_menu: bool,
    ) -> Option<View> {
        match shown.filter(|_| is_menu_open) {
            Some(shown) if updates_open_menu => {
                Some(View { title: shown.title, tooltip: shown.tooltip, glyph: shown.glyph, ..view })
            }
            Some(_) => {
                // There are charts only while the menu is open. The next opening shows these.
                self.0 = view.charts;
                None
            }
            None => Some(View { charts: view.charts.or(self.0.take()), ..view }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::engine::{Engine, EngineOptions};
    use crate::core::settings::{Overrides, Settings};
    use crate::core::time::Clock;
    use crate::runtime::clock;

    fn view(cpu: Option<u8>, charts: bool) -> View {
        let options =
            EngineOptions { prints_readings: false, names_apps: false, checks_updates: false, clock: Clock::Hours24 };
        let engine = Engine::new(Settings::DEFAULT, Overrides::default(), options);
        let view = View::of(&engine, &clock::now(), None);
        let mut title = view.title;
        title.cpu = Some(cpu);
        let charts = charts.then(|| Box::new([Chart::EMPTY, Chart::EMPTY]));
        View { title, tooltip: (cpu, None), charts, ..view }
    }

    #[test]
    fn the_end_waits_for_an_open_menu() {
        let mut end = PendingEnd::default();
        assert_eq!(end.request(End::Done, false), Some(End::Done));
        assert!(!end.is_pending());
        assert_eq!(end.request(End::Done, true), None);
        assert!(end.is_pending());
        assert_eq!(end.poll(true), None);
        assert_eq!(end.poll(false), Some(End::Done));
        assert_eq!(end.poll(false), None);
    }

    #[test]
    fn an_open_menu_holds_the_item_and_lets_rows_change() {
        let (shown, new) = (view(Some(10), true), view(Some(90), true));
        let passed = HeldCharts::default().pass(new.clone(), Some(&shown), true, true).unwrap();
        assert_eq!((passed.title, passed.tooltip), (shown.title, shown.tooltip));
        assert_eq!(HeldCharts::default().pass(new.clone(), Some(&shown), false, true), Some(new.clone()));
        assert_eq!(HeldCharts::default().pass(new.clone(), None, true, true), Some(new));
    }

    #[test]
    fn an_open_menu_that_changes_would_close_gets_its_charts_afterwards() {
        let shown = view(Some(10), false);
        let mut held = HeldCharts::default();
        assert_eq!(held.pass(view(Some(90), true), Some(&shown), true, false), None);
        assert_eq!(held.pass(view(Some(95), false), Some(&shown), false, false), Some(view(Some(95), true)));
        assert_eq!(held.pass(view(Some(96), false), Some(&shown), false, false), Some(view(Some(96), false)));
    }
}
