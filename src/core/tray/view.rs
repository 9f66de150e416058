//! What the tray shows, computed from the engine. All of it is small numbers that are compared before anything is
//! drawn or put into words: what has not changed costs nothing.

use std::sync::Arc;
use std::time::Duration;

use jiff::Zoned;
use jiff::civil::Time;

use crate::core::alerts::event::Cause;
use crate::core::alerts::quiet_hours::QuietHours;
use crate::core::alerts::rule::Signal;
use crate::core::duration::Coarse;
use crate::core::engine::Engine;
use crate::core::engine::backtest::Tried;
use crate::core::metrics::metric::{Bytes, Metric, Percent, Threshold};
use crate::core::metrics::power_state::Stretch;
use crate::core::metrics::reading::{Pressure, Reading};
use crate::core::metrics::recent::Chart;
use crate::core::metrics::self_usage::OwnCost;
use crate::core::settings::{MenuBar, Settings};
use crate::core::time::Now;

/// In how many steps the icon's bars show a level: each new icon costs the panel memory, so they are few.
pub const LEVELS: u8 = 10;
/// How far past the middle between two steps a value must be to leave its step, percent.
const HYSTERESIS_PERCENT: f64 = 2.0;

/// Everything that the tray shows.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// The text beside the mark.
    pub title: Title,
    /// The numbers of the tooltip.
    pub tooltip: (Option<u8>, Option<u8>),
    /// The mark.
    pub glyph: Glyph,
    /// The live rows.
    pub rows: [Row; 2],
    /// The last ten minutes, in the order of [`Metric::ALL`], while the menu is open.
    pub charts: Option<Box<[Chart; 2]>>,
    /// What the thresholds would have told of the past.
    pub tried: Option<Arc<Tried>>,
    /// What Loadline itself costs, as it was last seen with the menu open.
    pub own_cost: Option<OwnCost>,
    /// What a person should know, if anything.
    pub problem: Option<Arc<str>>,
    /// When the snooze ends, if there is one.
    pub snoozed_until: Option<Zoned>,
    /// How many days after that of the reading this is.
    pub snooze_days_ahead: i32,
    /// When the quiet hours end, while they last.
    pub quiet_until: Option<Time>,
    /// What the check marks stand at.
    pub chosen: Chosen,
    /// The refresh interval while nobody looks, where it is longer than the chosen one.
    pub stretch: Option<Stretch>,
    /// And that of the launch at login.
    pub launches_at_login: bool,
}

/// What a person can choose in the menu, as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The thresholds, in the order of [`Metric::ALL`].
    pub thresholds: [Threshold; 2],
    /// By what memory is judged.
    pub memory_signal: Signal,
    /// For how long, before it alerts.
    pub after: Duration,
    /// What the menu bar shows.
    pub menu_bar: MenuBar,
    /// The time between two readings.
    pub refresh: Duration,
}

impl Chosen {
    fn of(settings: &Settings) -> Chosen {
        Chosen {
            thresholds: Metric::ALL.map(|metric| settings.threshold(metric)),
            memory_signal: settings.memory_signal,
            after: settings.after,
            menu_bar: settings.menu_bar,
            refresh: settings.refresh,
        }
    }
}

/// The text beside the mark: the outer `Option` is whether a number is shown, the inner whether it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Title {
    /// The CPU percentage.
    pub cpu: Option<Option<u8>>,
    /// The memory percentage.
    pub memory: Option<Option<u8>>,
}

/// What the mark shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glyph {
    /// The bar of the CPU, if it is shown.
    pub cpu: Option<Bar>,
    /// The bar of memory, if it is shown.
    pub memory: Option<Bar>,
    /// Whether an alert is firing.
    pub is_alert: bool,
    /// Whether there is a mark at all.
    pub is_shown: bool,
}

/// One bar of the mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// 0..=[`LEVELS`]; `None` when the value is not known.
    pub level: Option<u8>,
    /// The load line, 1..=100; `None` when alerts are off.
    pub threshold: Option<Percent>,
    /// Whether this metric's alert is firing.
    pub is_alert: bool,
}

/// A live row of the menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What it is about.
    pub metric: Metric,
    /// The value, rounded.
    pub percent: Option<u8>,
    /// The memory in use, in the row of memory.
    pub memory: Option<MemoryUse>,
    /// The memory pressure, in the row of memory, unless it is normal.
    pub pressure: Option<Pressure>,
    /// Swap in use, in tenths of a GB, in the row of memory, unless it is none.
    pub swap_used_tenths_gb: Option<u64>,
    /// While an alert fires and there is still reason for it: the reason, and for how long.
    pub high: Option<(High, Coarse)>,
    /// And who uses the most.
    pub names: Option<Arc<str>>,
}

/// The reason for an alert, as far as the menu tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum High {
    /// Above this.
    Above(Percent),
    /// Under this pressure.
    Pressure(Pressure),
    /// Swap is growing.
    SwapGrowth,
}

impl High {
    fn of(cause: Cause) -> High {
        match cause {
            Cause::Above(threshold) => High::Above(threshold),
            Cause::Pressure(pressure) => High::Pressure(pressure),
            Cause::SwapGrowth { .. } => High::SwapGrowth,
        }
    }
}

/// Memory in use, in tenths of a GB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryUse {
    /// In use.
    pub used_tenths_gb: u64,
    /// Installed.
    pub total_tenths_gb: u64,
}

impl View {
    /// What to show at `now`. `before` is what was shown last: a bar between two steps stays where it was.
    pub fn of(engine: &Engine, now: &Now, before: Option<&View>) -> View {
        let chosen = engine.settings();
        let reading = engine.reading().copied().unwrap_or_default();
        let percent = |metric| reading.percent(metric).map(rounded);
        let shown = chosen.menu_bar;
        let title = Title {
            cpu: shown.cpu.then(|| percent(Metric::Cpu)),
            memory: shown.memory.then(|| percent(Metric::Memory)),
        };
        let until = chosen.snoozed_until.filter(|_| chosen.is_snoozed(now.wall.timestamp()));
        let snoozed_until = until.map(|until| until.to_zoned(now.wall.time_zone().clone()));
        let bar = |metric, before: Option<Bar>| Bar {
            level: reading.percent(metric).map(|value| level(value, before.and_then(|bar| bar.level))),
            threshold: chosen.threshold(metric).percent(),
            is_alert: engine.alert(metric).firing().is_some(),
        };
        let glyph_before = before.map(|view| view.glyph);
        let glyph = Glyph {
            cpu: shown.cpu.then(|| bar(Metric::Cpu, glyph_before.and_then(|g| g.cpu))),
            memory: shown.memory.then(|| bar(Metric::Memory, glyph_before.and_then(|g| g.memory))),
            is_alert: Metric::ALL.iter().any(|&metric| engine.alert(metric).firing().is_some()),
            is_shown: shown.icon,
        };
        View {
            title,
            tooltip: (percent(Metric::Cpu), percent(Metric::Memory)),
            glyph,
            rows: Metric::ALL.map(|metric| row(engine, metric, &reading)),
            charts: engine.is_menu_open(now).then(|| Box::new(Metric::ALL.map(|metric| chart(engine, metric)))),
            tried: engine.tried().cloned(),
            own_cost: engine.own_cost().copied(),
            problem: engine.problem(),
            snooze_days_ahead: snoozed_until.as_ref().map_or(0, |until| (until.date() - now.wall.date()).get_days()),
            snoozed_until,
            quiet_until: chosen.quiet_hours.filter(|hours| hours.contain(now.wall.time())).map(QuietHours::end),
            chosen: Chosen::of(chosen),
            stretch: engine.stretch(),
            launches_at_login: engine.launches_at_login(),
        }
    }
}

fn chart(engine: &Engine, metric: Metric) -> Chart {
    engine.recent().chart(metric, engine.settings().threshold(metric).percent())
}

fn row(engine: &Engine, metric: Metric, reading: &Reading) -> Row {
    let alert = engine.alert(metric);
    let value = reading.percent(metric);
    let run = alert.firing().and_then(|firing| firing.run);
    let high = run.zip(engine.read_at()).map(|(run, read_at)| {
        let lasting = read_at.elapsed.saturating_sub(run.cause_since);
        (High::of(run.cause), Coarse::new(lasting))
    });
    let row = Row {
        metric,
        percent: value.map(rounded),
        memory: None,
        pressure: None,
        swap_used_tenths_gb: None,
        names: high.and_then(|_| engine.names(metric).cloned()),
        high,
    };
    match metric {
        Metric::Cpu => row,
        Metric::Memory => Row {
            memory: MemoryUse::of(reading),
            pressure: reading.memory_pressure.filter(|pressure| *pressure != Pressure::Normal),
            swap_used_tenths_gb: reading.swap_used_bytes.map(|used| Bytes(used).tenths_of_gb()).filter(|gb| *gb > 0),
            ..row
        },
    }
}

/// A percentage as it is shown.
fn rounded(percent: f64) -> u8 {
    percent.round().clamp(0.0, 100.0) as u8
}

/// The step of a bar: the nearest one, but the step before while the value is not clearly nearer to another.
fn level(percent: f64, before: Option<u8>) -> u8 {
    let step = 100.0 / f64::from(LEVELS);
    if let Some(before) = before
        && (percent - f64::from(before) * step).abs() <= step / 2.0 + HYSTERESIS_PERCENT
    {
        return before;
    }
    (percent / step).round().clamp(0.0, f64::from(LEVELS)) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_stays_on_its_step_while_the_value_hovers() {
        let mut at = None;
        let levels: Vec<u8> = [54.0, 56.0, 44.5, 57.5, 53.5, 52.0, 0.0, 100.0]
            .into_iter()
            .map(|value| *at.insert(level(value, at)))
            .collect();
        assert_eq!(levels, [5, 5, 5, 6, 6, 5, 0, 10]);
    }
}
