//! The use of applications over a time: stored looks, summed up by name.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

/// So many applications are shown by name.
const SHOWN_APPS: usize = 20;
const HOUR_MS: i64 = 3_600_000;

/// One application, or all together, in one look or on one day.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredAppUse {
    /// The end of the look, or the beginning of the day.
    pub at: Timestamp,
    pub is_day: bool,
    /// `None` for all applications together.
    pub name: Option<Arc<str>>,
    /// The looks with this application among the greatest users.
    pub looks: u32,
    pub cpu_time: Duration,
    pub memory_mean_bytes: u64,
    pub memory_max_bytes: u64,
    /// False when processes of other users could not be seen.
    pub is_complete: bool,
}

/// The order of applications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppOrder {
    Cpu,
    Memory,
}

/// The hour of UTC, or the day of UTC, with the most CPU time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BusiestTime {
    pub from: Timestamp,
    pub is_day: bool,
}

impl BusiestTime {
    /// Its length: an hour or a day.
    pub fn length(self) -> Duration {
        Duration::from_secs(if self.is_day { 24 * 3600 } else { 3600 })
    }
}

/// The use of one application over the time, or of the others together.
#[derive(Clone, Debug, PartialEq)]
pub struct AppTotal {
    /// `None` for the others together. From outside: escaped where it is shown.
    pub name: Option<Arc<str>>,
    pub cpu_time: Duration,
    /// Of all CPU time.
    pub cpu_share_percent: f64,
    /// Of the memory of all, in the mean over all looks.
    pub memory_share_percent: f64,
    /// While it was among the greatest users; of the others at all times.
    pub memory_mean_bytes: u64,
    /// `None` for the others: their maximum is not stored.
    pub memory_max_bytes: Option<u64>,
    /// `None` without any CPU time, and for the others.
    pub busiest: Option<BusiestTime>,
}

impl AppTotal {
    /// The share of what the order goes by.
    pub fn share_percent(&self, order: AppOrder) -> f64 {
        match order {
            AppOrder::Cpu => self.cpu_share_percent,
            AppOrder::Memory => self.memory_share_percent,
        }
    }
}

#[derive(Clone, Debug, Default)]
struct NamedSum {
    looks: u64,
    cpu_time: Duration,
    /// The sum over its looks.
    memory_bytes: u128,
    memory_max_bytes: u64,
    by_time: BTreeMap<BusiestTime, Duration>,
}

impl NamedSum {
    fn add(&mut self, one: &StoredAppUse) {
        self.looks += u64::from(one.looks);
        self.cpu_time = self.cpu_time.saturating_add(one.cpu_time);
        self.memory_bytes += u128::from(one.memory_mean_bytes) * u128::from(one.looks);
        self.memory_max_bytes = self.memory_max_bytes.max(one.memory_max_bytes);
    }

    fn memory_mean_bytes(&self) -> u64 {
        u64::try_from(self.memory_bytes / u128::from(self.looks.max(1))).unwrap_or(u64::MAX)
    }

    /// The first of equally busy times.
    fn busiest(&self) -> Option<BusiestTime> {
        let busy = self.by_time.iter().filter(|(_, cpu_time)| !cpu_time.is_zero());
        busy.rev().max_by_key(|(_, cpu_time)| **cpu_time).map(|(time, _)| *time)
    }
}

/// The sums of all applications.
#[derive(Clone, Debug)]
pub struct AppTotals {
    named: HashMap<Arc<str>, NamedSum>,
    all: NamedSum,
    /// Whether every look saw all processes.
    pub is_complete: bool,
    /// The end of the first look, or the beginning of the first day; `None` without any.
    pub first: Option<Timestamp>,
}

impl Default for AppTotals {
    fn default() -> AppTotals {
        AppTotals { named: HashMap::new(), all: NamedSum::default(), is_complete: true, first: None }
    }
}

impl AppTotals {
    /// Adds one row.
    pub fn add(&mut self, one: &StoredAppUse) {
        self.is_complete &= one.is_complete;
        self.first = Some(self.first.map_or(one.at, |first| first.min(one.at)));
        let Some(name) = &one.name else { return self.all.add(one) };
        let sum = self.named.entry(Arc::clone(name)).or_default();
        sum.add(one);
        let at = one.at.as_millisecond();
        let from = if one.is_day { at } else { at.div_euclid(HOUR_MS) * HOUR_MS };
        let time = BusiestTime { from: Timestamp::from_millisecond(from).unwrap_or(one.at), is_day: one.is_day };
        let busy = sum.by_time.entry(time).or_default();
        *busy = busy.saturating_add(one.cpu_time);
    }

    /// The seconds of CPU time, or the bytes of memory in the mean over all looks, of the application `name`; `None`: of all
    /// applications together.
    pub fn amount(&self, order: AppOrder, name: Option<&str>) -> f64 {
        let sum = name.map_or(Some(&self.all), |name| self.named.get(name));
        sum.map_or(0.0, |sum| match order {
            AppOrder::Cpu => sum.cpu_time.as_secs_f64(),
            AppOrder::Memory => sum.memory_bytes as f64 / self.all.looks.max(1) as f64,
        })
    }

    /// The greatest users in this order, equal ones by name; the others last.
    pub fn ranked(&self, order: AppOrder) -> Vec<AppTotal> {
        self.greatest(order, SHOWN_APPS)
    }

    /// The same, with `count` of them by name.
    pub fn greatest(&self, order: AppOrder, count: usize) -> Vec<AppTotal> {
        let mut named: Vec<(&Arc<str>, &NamedSum)> = self.named.iter().collect();
        let amount = |sum: &NamedSum| match order {
            AppOrder::Cpu => (sum.cpu_time.as_nanos(), sum.memory_bytes),
            // An application that is seen seldom takes little of all the time.
            AppOrder::Memory => (sum.memory_bytes, sum.cpu_time.as_nanos()),
        };
        named.sort_by(|(a, one), (b, other)| amount(other).cmp(&amount(one)).then_with(|| a.cmp(b)));
        named.truncate(count);
        let mut others = self.all.clone();
        let mut totals: Vec<AppTotal> = Vec::with_capacity(named.len() + 1);
        for (name, sum) in named {
            others.cpu_time = others.cpu_time.saturating_sub(sum.cpu_time);
            others.memory_bytes = others.memory_bytes.saturating_sub(sum.memory_bytes);
            totals.push(AppTotal {
                name: Some(Arc::clone(name)),
                cpu_time: sum.cpu_time,
                cpu_share_percent: share_percent(sum.cpu_time.as_secs_f64(), self.all.cpu_time.as_secs_f64()),
                memory_share_percent: share_percent(sum.memory_bytes as f64, self.all.memory_bytes as f64),
                memory_mean_bytes: sum.memory_mean_bytes(),
                memory_max_bytes: Some(sum.memory_max_bytes),
                busiest: sum.busiest(),
            });
        }
        totals.push(AppTotal {
            name: None,
            cpu_time: others.cpu_time,
            cpu_share_percent: share_percent(others.cpu_time.as_secs_f64(), self.all.cpu_time.as_secs_f64()),
            memory_share_percent: share_percent(others.memory_bytes as f64, self.all.memory_bytes as f64),
            memory_mean_bytes: others.memory_mean_bytes(),
            memory_max_bytes: None,
            busiest: None,
        });
        totals
    }
}

fn share_percent(part: f64, all: f64) -> f64 {
    if all > 0.0 { part / all * 100.0 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(minute: i64, name: Option<&str>, cpu_s: u64, memory: u64) -> StoredAppUse {
        StoredAppUse {
            at: Timestamp::from_second(minute * 60).unwrap(),
            is_day: false,
            name: name.map(Into::into),
            looks: 1,
            cpu_time: Duration::from_secs(cpu_s),
            memory_mean_bytes: memory,
            memory_max_bytes: memory,
            is_complete: true,
        }
    }

    #[test]
    fn looks_are_summed_up_and_the_others_come_last() {
        let mut totals = AppTotals::default();
        assert_eq!(totals.first, None);
        for one in [
            used(5, None, 100, 1000),
            used(5, Some("make"), 60, 300),
            used(5, Some("browser"), 20, 500),
            used(65, None, 100, 1000),
            used(65, Some("make"), 70, 100),
        ] {
            totals.add(&one);
        }
        let [make, browser, others] = &totals.ranked(AppOrder::Cpu)[..] else { panic!("{totals:?}") };
        assert_eq!((make.name.as_deref(), make.cpu_time.as_secs(), make.cpu_share_percent), (Some("make"), 130, 65.0));
        assert_eq!((make.memory_mean_bytes, make.memory_max_bytes), (200, Some(300)));
        let hour = BusiestTime { from: Timestamp::from_second(3600).unwrap(), is_day: false };
        assert_eq!(make.busiest, Some(hour));
        assert_eq!((browser.name.as_deref(), browser.memory_mean_bytes), (Some("browser"), 500));
        assert_eq!((others.name.as_deref(), others.cpu_time.as_secs(), others.cpu_share_percent), (None, 50, 25.0));
        // 2,000 in two looks, of which 400 were make's and 500 the browser's.
        assert_eq!((others.memory_mean_bytes, others.memory_max_bytes, others.busiest), (550, None, None));
        let shares = [make, browser, others].map(|total| total.share_percent(AppOrder::Memory).round());
        assert_eq!(shares, [20.0, 25.0, 55.0]);
        assert_eq!(totals.amount(AppOrder::Cpu, None), 200.0);
        // The browser is in one of two looks.
        assert_eq!(totals.amount(AppOrder::Memory, Some("browser")), 250.0);
        assert_eq!(totals.amount(AppOrder::Memory, Some("not there")), 0.0);
        let [make, others] = &totals.greatest(AppOrder::Cpu, 1)[..] else { panic!("one is named") };
        assert_eq!((make.cpu_time.as_secs(), others.cpu_time.as_secs()), (130, 70));
        let by_memory = totals.ranked(AppOrder::Memory);
        assert_eq!(by_memory[0].name.as_deref(), Some("browser"));
        assert!(totals.is_complete);
        assert_eq!(totals.first, Timestamp::from_second(300).ok());
    }

    #[test]
    fn a_day_weighs_as_its_looks_and_twenty_are_named() {
        let mut totals = AppTotals::default();
        totals.add(&StoredAppUse { is_day: true, looks: 3, ..used(0, Some("a"), 9, 400) });
        totals.add(&StoredAppUse { is_complete: false, ..used(1440, Some("a"), 1, 800) });
        (0..30).for_each(|n| totals.add(&used(1440, Some(&format!("idle {n:02}")), 0, 0)));
        totals.add(&used(1440, None, 0, 0));
        let ranked = totals.ranked(AppOrder::Cpu);
        assert_eq!((ranked.len(), ranked[0].memory_mean_bytes), (21, 500));
        assert_eq!(ranked[0].busiest, Some(BusiestTime { from: Timestamp::UNIX_EPOCH, is_day: true }));
        assert_eq!((ranked[1].name.as_deref(), ranked[1].busiest), (Some("idle 00"), None));
        assert!(!totals.is_complete);
    }
}
