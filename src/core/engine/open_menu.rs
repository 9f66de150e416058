//! The open menu: what is read for it, and the applications in it.

use std::sync::Arc;
use std::time::Duration;

use super::Engine;
use crate::core::messages::effect::Effect;
use crate::core::metrics::metric::Metric;
use crate::core::processes::menu_look::{MenuLook, QuitRequest};
use crate::core::time::Now;
use crate::core::tray::menu_apps::AppRows;

impl Engine {
    /// The rows of the applications that use the most, in the order of the metrics.
    pub fn app_rows(&self) -> &Arc<[AppRows; 2]> {
        self.menu_apps.rows()
    }

    /// The applications that use the most, for the live row of `metric` while its alert fires: those of the latest look while the
    /// menu is open, which are in the rows below, else those of the alert's own scan. `None` where there is nobody to name.
    pub fn names_in_row(&self, metric: Metric, now: &Now) -> Option<&Arc<str>> {
        let is_looked_at = self.is_menu_open(now) && self.steal_percent(metric).is_none();
        let newer = self.menu_apps.names(metric).filter(|_| is_looked_at);
        newer.or_else(|| self.top_apps(metric)).filter(|names| !names.is_empty())
    }

    pub(super) fn open_menu(&mut self, counts_for: Duration, now: &Now, effects: &mut Vec<Effect>) {
        // A panel reports each submenu, and some report the menu itself again and again.
        if !self.is_menu_open(now) {
            effects.push(Effect::ReadLoginItem);
        }
        self.menu_open_until = Some(now.elapsed.saturating_add(counts_for));
        effects.extend(self.menu_apps.open(now.elapsed).map(Effect::LookForMenu));
        if self.effective.history && self.backtest_cache.request(&self.effective, now) {
            effects.push(Effect::RunBacktest(Box::new(self.effective.clone())));
        }
        self.measure_self_if_due(now, effects);
    }

    pub(super) fn close_menu(&mut self, effects: &mut Vec<Effect>) {
        self.menu_open_until = None;
        if self.menu_apps.close() {
            effects.push(Effect::EndMenuLooks);
        }
    }

    pub(super) fn measure_self_if_due(&mut self, now: &Now, effects: &mut Vec<Effect>) {
        if self.is_menu_open(now) && self.self_usage.request(now.elapsed) {
            effects.push(Effect::MeasureSelf);
        }
    }

    pub(super) fn on_menu_look(
        &mut self,
        opening: u64,
        look: Result<MenuLook, String>,
        now: &Now,
        effects: &mut Vec<Effect>,
    ) {
        if !self.menu_apps.awaits(opening) {
            return;
        }
        self.note_scan(&look, effects);
        let next = self.menu_apps.receive(look.ok(), self.is_menu_open(now), now.elapsed);
        effects.push(next.map_or(Effect::EndMenuLooks, Effect::LookForMenu));
    }

    pub(super) fn ask_to_quit(&mut self, number: u64, now: &Now, effects: &mut Vec<Effect>) {
        let request = self.menu_apps.clicked(number, now.elapsed).and_then(QuitRequest::of);
        effects.extend(request.map(Effect::AskToQuit));
    }
}
