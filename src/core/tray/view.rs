//! The content of the tray, computed from the engine: small numbers that are compared before anything is drawn or put into
//! words, so that a part that has not changed costs nothing.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Zoned;
use jiff::civil::Time;

use crate::core::alerts::event::Cause;
use crate::core::alerts::quiet_hours::QuietHours;
use crate::core::alerts::rule::Signal;
use crate::core::duration::Coarse;
use crate::core::engine::Engine;
use crate::core::history::threshold_stats::BacktestResult;
use crate::core::messages::effect::ProblemRemedy;
use crate::core::metrics::metric::{Bytes, Metric, Percent, Threshold};
use crate::core::metrics::power_state::SlowedInterval;
use crate::core::metrics::reading::{MemoryUse, Pressure, Reading};
use crate::core::metrics::recent::Chart;
use crate::core::metrics::self_usage::SelfUsage;
use crate::core::settings::layers::locked::MenuLocks;
use crate::core::settings::{IconStyle, MenuBar};
use crate::core::text::figures::UNKNOWN;
use crate::core::time::{Clock, Now};
use crate::core::tray::menu_apps::AppRows;
use crate::core::updates::release::Version;

/// The steps in which the icon's bars show a level. They are few, because each new icon costs the panel memory.
pub const LEVELS: u8 = 10;
/// The distance past the middle between two steps at which a value leaves its step.
const HYSTERESIS_PERCENT: f64 = 2.0;
/// The longest refresh interval at which a person sees that a reading is late: the longest in the menu.
const LONGEST_EXACT_REFRESH: Duration = Duration::from_secs(10);

/// The whole content of the tray.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    pub title: Title,
    /// The percentages of CPU and memory.
    pub tooltip: (Option<u8>, Option<u8>),
    pub glyph: Glyph,
    /// The live rows, in the order of [`Metric::ALL`].
    pub rows: [MenuRow; 2],
    /// The last ten minutes, in the order of [`Metric::ALL`]. `None` while the menu is closed.
    pub charts: Option<Box<[Chart; 2]>>,
    /// The applications that use the most, in the order of [`Metric::ALL`], while the menu is open.
    pub apps: Arc<[AppRows; 2]>,
    /// The statistics beside the thresholds.
    pub backtest: Option<Arc<BacktestResult>>,
    /// Loadline's own usage, as of when the menu was last open.
    pub self_usage: Option<SelfUsage>,
    pub problem: Option<Arc<str>>,
    /// The way out of the problem; `None` where no click helps.
    pub remedy: Option<ProblemRemedy>,
    /// The version that is newer than this program.
    pub newer_version: Option<Version>,
    pub snoozed_until: Option<Zoned>,
    /// Days from today to the end of the snooze.
    pub snooze_days_ahead: i32,
    /// The end of the quiet hours, while they last.
    pub quiet_until: Option<Time>,
    pub selection: MenuSelection,
    /// The settings that the machine's file makes final.
    pub locks: MenuLocks,
    /// The refresh interval, where the power state makes it longer than the chosen one.
    pub slowed: Option<SlowedInterval>,
    /// Whether the system may delay a reading to save power: while readings come more slowly than chosen, or seldom anyway.
    pub may_be_late: bool,
    pub launches_at_login: bool,
    /// How times of day are written.
    pub clock: Clock,
}

/// The settings that have check marks in the menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MenuSelection {
    /// The thresholds, in the order of [`Metric::ALL`].
    pub thresholds: [Threshold; 2],
    pub memory_signal: Signal,
    pub memory_forecast: bool,
    pub after: Duration,
    pub menu_bar: MenuBar,
    pub refresh: Duration,
}

/// The text beside the mark, in percent. The outer `Option` is `None` when a number is not shown, the inner when it is not
/// known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Title {
    pub cpu: Option<Option<u8>>,
    pub memory: Option<Option<u8>>,
    /// Whether the numbers have their names beside them.
    pub words: bool,
}

/// The content of the mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glyph {
    pub cpu: Option<Bar>,
    pub memory: Option<Bar>,
    /// The percentages, in the order of [`Metric::ALL`].
    pub percents: [Option<u8>; 2],
    pub is_alert: bool,
    /// Never [`IconStyle::Auto`].
    pub style: IconStyle,
}

/// One bar of the mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// 0..=[`LEVELS`]; `None` when the value is not known.
    pub level: Option<u8>,
    /// The load line, 1..=100; `None` when alerts are off.
    pub threshold: Option<Percent>,
    pub is_alert: bool,
}

/// A live row of the menu. `memory`, `pressure` unless it is normal, and swap in use are shown in the row of memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MenuRow {
    pub metric: Metric,
    pub percent: Option<u8>,
    pub memory: Option<MemoryUse>,
    pub pressure: Option<Pressure>,
    pub swap_used_tenths_gb: Option<u64>,
    /// The reason and its duration, while an alert fires and the reason lasts.
    pub high: Option<(HighReason, Coarse)>,
    /// The applications that use the most, while `high`.
    pub top_apps: Option<Arc<str>>,
}

/// The reason for an alert, as the menu shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HighReason {
    Above(Percent),
    Pressure(Pressure),
    SwapGrowth,
}

impl HighReason {
    fn of(cause: Cause) -> HighReason {
        match cause {
            Cause::Above(threshold) => HighReason::Above(threshold),
            Cause::Pressure(pressure) => HighReason::Pressure(pressure),
            Cause::SwapGrowth { .. } => HighReason::SwapGrowth,
        }
    }
}

impl View {
    /// The content at `now`. `before` is the content before: a bar between two steps stays on its step.
    pub fn of(engine: &Engine, now: &Now, before: Option<&View>) -> View {
        let settings = engine.settings();
        let reading = engine.reading().copied().unwrap_or_default();
        let percent = |metric| reading.percent(metric).map(rounded);
        let shown = settings.menu_bar;
        let title = Title {
            cpu: shown.cpu.then(|| percent(Metric::Cpu)),
            memory: shown.memory.then(|| percent(Metric::Memory)),
            words: shown.words,
        };
        let until = settings.snoozed_until.filter(|_| settings.is_snoozed(now.wall.timestamp()));
        let snoozed_until = until.map(|until| until.to_zoned(now.wall.time_zone().clone()));
        let bar = |metric, before: Option<Bar>| Bar {
            level: reading.percent(metric).map(|value| level(value, before.and_then(|bar| bar.level))),
            threshold: settings.threshold(metric).percent(),
            is_alert: engine.alert(metric).firing().is_some(),
        };
        let chart = |metric| engine.recent().chart(metric, settings.threshold(metric).percent());
        let glyph_before = before.map(|view| view.glyph);
        let glyph = Glyph {
            cpu: shown.cpu.then(|| bar(Metric::Cpu, glyph_before.and_then(|g| g.cpu))),
            memory: shown.memory.then(|| bar(Metric::Memory, glyph_before.and_then(|g| g.memory))),
            is_alert: Metric::ALL.iter().any(|&metric| engine.alert(metric).firing().is_some()),
            percents: Metric::ALL.map(percent),
            style: shown.icon.resolved(engine.panel_shows_text()),
        };
        View {
            title,
            tooltip: (percent(Metric::Cpu), percent(Metric::Memory)),
            glyph,
            rows: Metric::ALL.map(|metric| row(engine, metric, &reading, now)),
            charts: engine.is_menu_open(now).then(|| Box::new(Metric::ALL.map(chart))),
            apps: Arc::clone(engine.app_rows()),
            backtest: engine.backtest().cloned(),
            self_usage: engine.self_usage().copied(),
            problem: engine.problem(),
            remedy: engine.remedy(),
            newer_version: engine.newer_release().map(|release| release.version),
            snooze_days_ahead: snoozed_until.as_ref().map_or(0, |until| (until.date() - now.wall.date()).get_days()),
            snoozed_until,
            quiet_until: settings.quiet_hours.filter(|hours| hours.contain(now.wall.time())).map(QuietHours::end),
            selection: MenuSelection {
                thresholds: Metric::ALL.map(|metric| settings.threshold(metric)),
                memory_signal: settings.memory_signal,
                memory_forecast: settings.memory_forecast,
                after: settings.after,
                menu_bar: settings.menu_bar,
                refresh: settings.refresh,
            },
            locks: settings.locked.menu(),
            slowed: engine.slowed_interval(),
            may_be_late: engine.is_slowed() || settings.refresh > LONGEST_EXACT_REFRESH,
            launches_at_login: engine.launches_at_login(),
            clock: engine.clock(),
        }
    }
}

fn row(engine: &Engine, metric: Metric, reading: &Reading, now: &Now) -> MenuRow {
    let run = engine.alert(metric).firing().and_then(|firing| firing.run);
    let high = run.zip(engine.read_at()).map(|(run, read_at)| {
        (HighReason::of(run.cause), Coarse::new(read_at.elapsed.saturating_sub(run.cause_since)))
    });
    let memory = (metric == Metric::Memory).then_some(reading);
    let swap_used_bytes = memory.and_then(|reading| reading.swap_used_bytes);
    MenuRow {
        metric,
        percent: reading.percent(metric).map(rounded),
        memory: memory.and_then(MemoryUse::of),
        pressure: memory.and_then(|reading| reading.memory_pressure).filter(|level| *level != Pressure::Normal),
        swap_used_tenths_gb: swap_used_bytes.map(|used| Bytes(used).tenths_of_gb()).filter(|tenths| *tenths > 0),
        top_apps: high.and_then(|_| engine.names_in_row(metric, now).cloned()),
        high,
    }
}

/// A percentage as the tray shows it.
fn rounded(percent: f64) -> u8 {
    percent.round().clamp(0.0, 100.0) as u8
}

/// The nearest step of a bar, but the step before as long as no other is clearly nearer.
fn level(percent: f64, before: Option<u8>) -> u8 {
    let step = 100.0 / f64::from(LEVELS);
    if let Some(before) = before
        && (percent - f64::from(before) * step).abs() <= step / 2.0 + HYSTERESIS_PERCENT
    {
        return before;
    }
    (percent / step).round().clamp(0.0, f64::from(LEVELS)) as u8
}

impl Title {
    /// The widest number. The digits of the title are equally wide.
    const WIDEST: u8 = 100;

    /// The numbers that are shown, each with its metric: three digits, padded with figure spaces, and the percent sign.
    pub fn pieces(&self) -> impl Iterator<Item = (Metric, String)> {
        let shown = [(Metric::Cpu, self.cpu), (Metric::Memory, self.memory)];
        shown.into_iter().filter_map(|(metric, shown)| {
            let digits = shown?.map_or_else(|| UNKNOWN.to_string(), |percent| percent.to_string());
            let padding = (digits.chars().count()..3).map(|_| FIGURE_SPACE);
            Some((metric, padding.chain(digits.chars()).chain(['%']).collect()))
        })
    }

    /// The widest title that shows the same numbers. Two titles of the same form have the same one.
    pub fn widest(&self) -> Title {
        let widest = |shown: Option<Option<u8>>| shown.map(|_| Some(Title::WIDEST));
        Title { cpu: widest(self.cpu), memory: widest(self.memory), words: self.words }
    }
}

/// The name of a metric where there is little room.
pub fn short_name(metric: Metric) -> &'static str {
    match metric {
        Metric::Cpu => "CPU",
        Metric::Memory => "MEM",
    }
}

impl fmt::Display for Title {
    /// ` 23%   61%`, or `CPU  23%  MEM  61%` with words; of a width that never changes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (metric, number)) in self.pieces().enumerate() {
            f.write_str(if index == 0 { "" } else { PIECE_GAP })?;
            if self.words {
                write!(f, "{} ", short_name(metric))?;
            }
            f.write_str(&number)?;
        }
        Ok(())
    }
}

impl fmt::Display for MenuRow {
    /// `CPU 91%, above 80% for 2 min`, `Memory 61%: 9.8 of 16.0 GB`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.percent {
            Some(percent) => write!(f, "{} {percent}%", self.metric)?,
            None => write!(f, "{} {UNKNOWN}", self.metric)?,
        }
        if let Some(memory) = self.memory {
            write!(f, ": {memory}")?;
        }
        if let Some(tenths) = self.swap_used_tenths_gb {
            write!(f, ", swap {}.{} GB", tenths / 10, tenths % 10)?;
        }
        let is_alert = matches!(self.high, Some((HighReason::Pressure(_), _)));
        if let Some(pressure) = self.pressure.filter(|_| !is_alert) {
            write!(f, ", pressure {pressure}")?;
        }
        let Some((reason, duration)) = self.high else { return Ok(()) };
        match reason {
            HighReason::Above(threshold) => write!(f, ", above {threshold} for {duration}")?,
            HighReason::Pressure(pressure) => write!(f, ", pressure {pressure} for {duration}")?,
            HighReason::SwapGrowth => f.write_str(", swap is growing")?,
        }
        self.top_apps.as_ref().map_or(Ok(()), |names| write!(f, ": {names}"))
    }
}

/// A space as wide as a digit. With it the title does not move when a number grows by a digit.
const FIGURE_SPACE: char = '\u{2007}';
/// The space between the two numbers of the title.
pub const PIECE_GAP: &str = "  ";

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

    #[test]
    fn the_memory_row_of_a_limit_fits_the_menu() {
        let row = |used_bytes: u64, limit_bytes: u64| {
            let reading = Reading { memory_limit_bytes: Some(limit_bytes), ..Reading::default() };
            MenuRow {
                metric: Metric::Memory,
                percent: Some(100),
                memory: MemoryUse::of(&reading.with_memory(used_bytes, limit_bytes)),
                pressure: Some(Pressure::Critical),
                swap_used_tenths_gb: Some(9_999),
                top_apps: None,
                high: None,
            }
            .to_string()
        };
        let rest = ", swap 999.9 GB, pressure critical";
        assert_eq!(row(92 << 20, 100 << 20), format!("Memory 100%: 92 of 100 MB (limit){rest}"));
        assert_eq!(row((1 << 30) - 1, (1 << 30) - 1), format!("Memory 100%: 1024 of 1024 MB (limit){rest}"));
        let widest = row(999 << 30, 999 << 30);
        assert_eq!(widest, format!("Memory 100%: 999.0 of 999.0 GB (limit){rest}"));
        assert!(widest.chars().count() <= super::super::problem_row::WIDTH, "{widest}");
    }

    #[test]
    fn the_title_keeps_its_width_with_and_without_words() {
        let title = |cpu, memory, words| Title { cpu, memory, words }.to_string().replace(FIGURE_SPACE, "_");
        assert_eq!(title(Some(Some(5)), Some(Some(100)), false), "__5%  100%");
        assert_eq!(title(Some(Some(23)), Some(None), false), "_23%  __–%");
        assert_eq!(title(Some(Some(5)), Some(Some(61)), true), "CPU __5%  MEM _61%");
        assert_eq!(title(None, Some(Some(61)), false), "_61%");
        assert_eq!(title(None, None, true), "");
    }

    #[test]
    fn the_title_has_a_piece_for_each_number_that_is_shown() {
        let pieces = |cpu, memory| Title { cpu, memory, words: false }.pieces().collect::<Vec<_>>();
        let padded = |number: &str| number.replace('_', &FIGURE_SPACE.to_string());
        assert_eq!(
            pieces(Some(Some(5)), Some(None)),
            [(Metric::Cpu, padded("__5%")), (Metric::Memory, padded("__–%"))]
        );
        assert_eq!(pieces(None, Some(Some(100))), [(Metric::Memory, "100%".to_owned())]);
        assert!(pieces(None, None).is_empty());
    }

    #[test]
    fn the_widest_title_changes_with_the_shown_numbers_and_not_with_their_values() {
        let title = |cpu, memory| Title { cpu, memory, words: true };
        let both = title(Some(Some(5)), Some(None)).widest();
        assert_eq!(both, title(Some(Some(99)), Some(Some(100))).widest());
        assert_ne!(both, title(None, Some(Some(61))).widest());
        let width = |title: Title| title.to_string().chars().count();
        assert_ne!(both, Title { words: false, ..both });
        assert_eq!(width(both), width(title(Some(Some(5)), Some(None))));
    }
}
