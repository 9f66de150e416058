//! The engine: takes what happened and the time, and answers what is to be done. It decides everything.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp, Zoned};

use super::alert::{Alert, Sample, Telling, Transition};
use super::effect::{
    AlertSaid, Command, Effect, Event, Identity, Line, Note, RecoverySaid, Said, Silence, Snooze,
    Task,
};
use super::metric::Metric;
use super::reading::Reading;
use super::settings::{Overrides, Settings};
use super::time::Now;
use super::wording;

/// How many refresh intervals may lie between two readings before it counts as a gap.
const GAP_IN_REFRESHES: u32 = 3;
/// The hour at which "until tomorrow" ends.
const MORNING_HOUR: i8 = 8;
/// Before this hour, the night still belongs to the day before.
const NIGHT_ENDS_HOUR: i8 = 5;

/// What Loadline knows and decides. There is one, and the loop of the app owns it.
#[derive(Clone, Debug)]
pub struct Engine {
    /// What the settings file says.
    settings: Settings,
    /// What the command line says for this run.
    overrides: Overrides,
    /// Whether every reading is said on the console, or only alerts.
    says_readings: bool,
    cpu: Alert,
    memory: Alert,
    last: Option<Last>,
    problems: BTreeMap<Task, Arc<str>>,
}

/// The latest reading.
#[derive(Clone, Debug)]
struct Last {
    reading: Reading,
    at: Now,
    /// The refresh interval that was in force: the next reading may be as far away as this one asked for.
    refresh: Duration,
}

impl Engine {
    /// Everything quiet, nothing read yet.
    pub fn new(settings: Settings, overrides: Overrides, says_readings: bool) -> Engine {
        let chosen = overrides.over(settings);
        Engine {
            settings,
            overrides,
            says_readings,
            cpu: Alert::new(chosen.rule(Metric::Cpu)),
            memory: Alert::new(chosen.rule(Metric::Memory)),
            last: None,
            problems: BTreeMap::new(),
        }
    }

    /// What is in force: the settings with the command line put over them.
    pub fn settings(&self) -> Settings {
        self.overrides.over(self.settings)
    }

    /// What the settings file says, or would say: without the command line.
    pub fn kept_settings(&self) -> Settings {
        self.settings
    }

    /// The latest reading, if there has been one.
    pub fn reading(&self) -> Option<&Reading> {
        self.last.as_ref().map(|last| &last.reading)
    }

    /// When the latest reading was taken.
    pub fn read_at(&self) -> Option<&Now> {
        self.last.as_ref().map(|last| &last.at)
    }

    /// The alert of one metric.
    pub fn alert(&self, metric: Metric) -> &Alert {
        match metric {
            Metric::Cpu => &self.cpu,
            Metric::Memory => &self.memory,
        }
    }

    /// The problem that a person should know of first, if there is one, as a menu row says it.
    pub fn problem(&self) -> Option<Arc<str>> {
        self.problems.values().next().cloned()
    }

    /// Takes one event. The effects are to be performed in order.
    pub fn handle(&mut self, event: Event, now: &Now) -> Vec<Effect> {
        let mut effects = Vec::new();
        let refresh_before = self.settings().refresh;
        match event {
            Event::Read(reading) => self.read(reading, now, &mut effects),
            Event::Command(command) => self.obey(command, now, &mut effects),
            Event::SettingsRead(Ok(settings)) => {
                self.problems.remove(&Task::ReadSettings);
                self.choose(settings, now, &mut effects);
            }
            Event::SettingsRead(Err(problem)) => {
                self.note_problem(Task::ReadSettings, &problem, &mut effects);
            }
            Event::Outcome {
                task,
                result: Ok(()),
            } => {
                self.problems.remove(&task);
            }
            Event::Outcome {
                task,
                result: Err(problem),
            } => {
                self.note_problem(task, &problem, &mut effects);
            }
        }
        let refresh = self.settings().refresh;
        if refresh != refresh_before {
            effects.push(Effect::SetRefresh(refresh));
        }
        effects
    }

    fn read(&mut self, reading: Reading, now: &Now, effects: &mut Vec<Effect>) {
        let refresh = self.settings().refresh;
        let after_gap = self.last.as_ref().is_some_and(|last| {
            now.is_gap_since(&last.at, last.refresh.max(refresh) * GAP_IN_REFRESHES)
        });
        self.last = Some(Last {
            reading,
            at: now.clone(),
            refresh,
        });
        if self.says_readings {
            effects.push(Effect::Print(Line {
                at: now.wall.clone(),
                said: Said::Reading(reading),
            }));
        }
        let telling = self.telling(now);
        for metric in Metric::ALL {
            let sample = Sample {
                percent: reading.percent(metric),
                at: now.elapsed,
                after_gap,
            };
            let transition = self.alert_mut(metric).step(sample, telling);
            self.say(metric, transition, now, effects);
        }
    }

    fn obey(&mut self, command: Command, now: &Now, effects: &mut Vec<Effect>) {
        let mut chosen = self.settings;
        match command {
            Command::SetThreshold(metric, threshold) => {
                self.overrides.forget_threshold(metric);
                chosen.set_threshold(metric, threshold);
            }
            Command::SetAfter(after) => {
                self.overrides.after = None;
                chosen.after = after;
            }
            Command::SetRefresh(refresh) => {
                self.overrides.refresh = None;
                chosen.refresh = refresh;
            }
            Command::Snooze(snooze) => chosen.snoozed_until = Some(snooze_end(snooze, &now.wall)),
            Command::Resume => chosen.snoozed_until = None,
            Command::Toggle(part) => chosen.menu_bar = chosen.menu_bar.toggled(part),
            Command::SendTestNotification => effects.push(Effect::Notify(wording::test_note())),
            Command::OpenSystemMonitor => effects.push(Effect::OpenSystemMonitor),
            Command::OpenSettings => effects.push(Effect::OpenSettings),
            Command::Quit => effects.push(Effect::Quit),
        }
        let is_changed = chosen != self.settings;
        self.choose(chosen, now, effects);
        if is_changed {
            effects.push(Effect::Save(chosen));
        }
    }

    /// Takes new settings and judges the alerts by them at once.
    fn choose(&mut self, settings: Settings, now: &Now, effects: &mut Vec<Effect>) {
        self.settings = settings;
        let (chosen, telling) = (self.settings(), self.telling(now));
        for metric in Metric::ALL {
            let sample = self.last_sample(metric);
            let changed = self
                .alert_mut(metric)
                .change_rule(chosen.rule(metric), sample, telling);
            self.say(metric, changed, now, effects);
            let late =
                sample.and_then(|sample| self.alert_mut(metric).tell_if_due(sample, telling));
            self.say(metric, late, now, effects);
        }
    }

    /// Keeps a problem, and complains unless this very problem is known already.
    fn note_problem(&mut self, task: Task, problem: &str, effects: &mut Vec<Effect>) {
        let row: Arc<str> = wording::problem_row(task, problem).into();
        if self.problems.get(&task) != Some(&row) {
            effects.push(Effect::Complain(problem.to_owned()));
            self.problems.insert(task, row);
        }
    }

    fn telling(&self, now: &Now) -> Telling {
        Telling {
            now: now.elapsed,
            snoozed: self.settings.is_snoozed(now.wall.timestamp()),
        }
    }

    fn last_sample(&self, metric: Metric) -> Option<Sample> {
        let last = self.last.as_ref()?;
        Some(Sample {
            percent: last.reading.percent(metric),
            at: last.at.elapsed,
            after_gap: false,
        })
    }

    fn alert_mut(&mut self, metric: Metric) -> &mut Alert {
        match metric {
            Metric::Cpu => &mut self.cpu,
            Metric::Memory => &mut self.memory,
        }
    }

    /// Puts a transition into words, for the console and for the desktop.
    fn say(
        &self,
        metric: Metric,
        transition: Option<Transition>,
        now: &Now,
        effects: &mut Vec<Effect>,
    ) {
        let Some(rule) = self.alert(metric).rule() else {
            effects.extend(transition.map(|_| Effect::Withdraw(metric)));
            return;
        };
        let snoozed = self.telling(now).snoozed;
        let alert = |value_percent, above_for, silence| AlertSaid {
            metric,
            value_percent,
            above: rule.above,
            above_for,
            silence,
        };
        match transition {
            None => {}
            Some(
                Transition::Fired {
                    percent,
                    above_for,
                    told: true,
                }
                | Transition::ToldLater { percent, above_for },
            ) => {
                let said = alert(percent, above_for, None);
                effects.push(print(now, Said::Alert(said)));
                effects.push(Effect::Notify(wording::alert_note(&said)));
            }
            Some(Transition::Fired {
                percent,
                above_for,
                told: false,
            }) => {
                let silence = if snoozed {
                    Silence::Snoozed
                } else {
                    Silence::ToldLately(rule.cooldown)
                };
                effects.push(print(
                    now,
                    Said::Alert(alert(percent, above_for, Some(silence))),
                ));
            }
            Some(Transition::Cleared {
                percent,
                lasted,
                peak_percent,
                told,
            }) => {
                let below_percent = rule.clear_below();
                let said = RecoverySaid {
                    metric,
                    value_percent: percent,
                    below_percent,
                    lasted,
                    peak_percent,
                };
                effects.push(print(now, Said::Recovery(said)));
                if told && snoozed {
                    effects.push(Effect::Withdraw(metric));
                } else if told {
                    effects.push(Effect::Notify(wording::recovery_note(&said)));
                }
            }
            Some(Transition::Dropped) => effects.push(Effect::Withdraw(metric)),
        }
    }
}

fn print(now: &Now, said: Said) -> Effect {
    Effect::Print(Line {
        at: now.wall.clone(),
        said,
    })
}

impl Note {
    /// The notification of a metric's alert.
    pub fn about(metric: Metric, title: String, body: String, is_quiet: bool) -> Note {
        Note {
            identity: Identity::Alert(metric),
            title,
            body,
            is_quiet,
        }
    }
}

/// When a snooze that begins at `now` ends.
fn snooze_end(snooze: Snooze, now: &Zoned) -> Timestamp {
    let in_minutes = |minutes| {
        now.timestamp()
            .saturating_add(SignedDuration::from_mins(minutes))
            .unwrap_or(Timestamp::MAX)
    };
    match snooze {
        Snooze::Minutes15 => in_minutes(15),
        Snooze::Hour => in_minutes(60),
        Snooze::UntilTomorrow => tomorrow_morning(now).unwrap_or_else(|| in_minutes(24 * 60)),
    }
}

/// Eight in the morning of the next day by the person's clock. A night owl's day ends at five.
fn tomorrow_morning(now: &Zoned) -> Option<Timestamp> {
    let day = if now.hour() < NIGHT_ENDS_HOUR {
        now.date()
    } else {
        now.date().tomorrow().ok()?
    };
    let morning = day
        .at(MORNING_HOUR, 0, 0, 0)
        .to_zoned(now.time_zone().clone())
        .ok()?;
    Some(morning.timestamp())
}
