//! The application that grew while memory rose: by the looks at the applications in the first block of the rise and in the last.

use std::ops::Range;
use std::sync::Arc;

use jiff::Timestamp;

use super::rising_floor::{BLOCKS, Rise};
use super::slots::SLOT_SECONDS;
use crate::core::processes::app_look::NAMED_APPS;

/// An application whose growth explains at least half of that of memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grower {
    /// From outside: escaped where it is shown.
    pub name: Arc<str>,
    /// The rise of its own floor.
    pub grown_bytes: u64,
    /// Whether it may have grown by more: at the beginning it was not among the named ones.
    pub is_at_least: bool,
}

/// The time in which memory rose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RiseWindow {
    pub from: Timestamp,
    pub to: Timestamp,
}

impl RiseWindow {
    /// The time of `rise`, which ends with the slot `latest`. `None` where no clock can say it.
    pub fn of(rise: &Rise, latest: i64) -> Option<RiseWindow> {
        let begin = |number: i64| Timestamp::from_second(number.checked_mul(SLOT_SECONDS)?).ok();
        Some(RiseWindow { from: begin(latest + 1 - rise.window_slots as i64)?, to: begin(latest + 1)? })
    }

    /// The first block and the last.
    pub fn ends(&self) -> [Range<Timestamp>; 2] {
        let block = self.to.duration_since(self.from) / BLOCKS as i32;
        let (first, last) = (self.from.saturating_add(block), self.to.saturating_sub(block));
        [self.from..first.unwrap_or(self.from), last.unwrap_or(self.to)..self.to]
    }
}

/// The memory of an application at a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppMemory {
    pub name: Arc<str>,
    pub bytes: u64,
}

/// The recorded looks at the applications, each with the named ones, and the memory that the percentages are of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryLooks {
    /// In the first block of a rise.
    pub first: Vec<Vec<AppMemory>>,
    /// In its last block.
    pub last: Vec<Vec<AppMemory>>,
    /// `None` where it is not recorded.
    pub total_bytes: Option<u64>,
}

impl MemoryLooks {
    /// The application with the largest growth, where that is at least half of `grown_bytes`, the growth of memory in use. Like
    /// that one it is the rise of a floor. `None` also where a block has no look.
    pub fn grower(&self, grown_bytes: u64) -> Option<Grower> {
        let growers = self.last.first()?.iter().filter_map(|app| self.growth(&app.name));
        // Of equal ones the first by name.
        let largest = growers.max_by(|a, b| a.grown_bytes.cmp(&b.grown_bytes).then_with(|| b.name.cmp(&a.name)))?;
        (largest.grown_bytes >= grown_bytes.div_ceil(2)).then_some(largest)
    }

    /// `None` where it did not grow, or was not named in all looks of the last block: then its memory is not known there.
    fn growth(&self, name: &Arc<str>) -> Option<Grower> {
        let in_look = |look: &[AppMemory]| look.iter().find(|app| app.name == *name).map(|app| app.bytes);
        let last = self.last.iter().map(|look| in_look(look)).collect::<Option<Vec<u64>>>()?;
        let first = self.first.iter().map(|look| in_look(look).unwrap_or_else(|| most_of_others(look)));
        let is_at_least = self.first.iter().any(|look| in_look(look).is_none() && most_of_others(look) > 0);
        let grown_bytes = last.into_iter().min()?.checked_sub(first.min()?)?;
        Some(Grower { name: Arc::clone(name), grown_bytes, is_at_least })
    }
}

/// The most memory that an application can have which a look does not name: none where it names fewer than it could.
fn most_of_others(look: &[AppMemory]) -> u64 {
    let mut sizes: Vec<u64> = look.iter().map(|app| app.bytes).collect();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    sizes.get(NAMED_APPS - 1).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(apps: &[(&str, u64)]) -> Vec<AppMemory> {
        apps.iter().map(|&(name, bytes)| AppMemory { name: name.into(), bytes }).collect()
    }

    fn looks(first: &[&[(&str, u64)]], last: &[&[(&str, u64)]]) -> MemoryLooks {
        let all = |looks: &[&[(&str, u64)]]| looks.iter().map(|apps| look(apps)).collect();
        MemoryLooks { first: all(first), last: all(last), total_bytes: None }
    }

    fn grower(looks: &MemoryLooks, grown_bytes: u64) -> Option<(String, u64, bool)> {
        looks.grower(grown_bytes).map(|grower| (grower.name.to_string(), grower.grown_bytes, grower.is_at_least))
    }

    #[test]
    fn the_largest_growth_is_named_where_it_is_at_least_half() {
        let found = looks(&[&[("a", 100), ("b", 900)]], &[&[("a", 400), ("b", 1000)]]);
        assert_eq!(grower(&found, 600), Some(("a".into(), 300, false)));
        assert_eq!((grower(&found, 601), grower(&found, u64::MAX)), (None, None));
        let equal = looks(&[&[("b", 1), ("a", 1)]], &[&[("b", 9), ("a", 9)]]);
        assert_eq!(grower(&equal, 8), Some(("a".into(), 8, false)));
    }

    #[test]
    fn an_application_grows_by_its_floor_and_not_by_its_peaks() {
        let peaks = looks(&[&[("a", 100)], &[("a", 40)]], &[&[("a", 900)], &[("a", 90)]]);
        assert_eq!((grower(&peaks, 100), grower(&peaks, 101)), (Some(("a".into(), 50, false)), None));
        let shrunk = looks(&[&[("a", 100)]], &[&[("a", 99)]]);
        assert_eq!(grower(&shrunk, 0), None);
    }

    #[test]
    fn one_that_was_not_named_at_first_had_at_most_what_the_last_named_one_had() {
        let small = [("v", 90), ("w", 80), ("x", 70), ("y", 60), ("z", 50), ("busy", 1)];
        let new = [("a", 300), ("v", 90), ("w", 80), ("x", 70), ("y", 60)];
        assert_eq!(grower(&looks(&[&small], &[&new]), 400), Some(("a".into(), 250, true)));
        // Four that are named are all that there were.
        assert_eq!(grower(&looks(&[&small[..4]], &[&new]), 400), Some(("a".into(), 300, false)));
        // One that was there at last in part only may have been as small there as any other.
        assert_eq!(grower(&looks(&[&small], &[&new, &small]), 400), None);
        assert_eq!(grower(&looks(&[&small], &[&small, &new]), 400), None);
    }

    #[test]
    fn without_looks_nobody_is_named() {
        let apps: &[(&str, u64)] = &[("a", 9)];
        for (first, last) in [(&[][..], &[][..]), (&[apps], &[]), (&[], &[apps]), (&[apps], &[&[]])] {
            assert_eq!(grower(&looks(first, last), 0), None);
        }
        assert_eq!(grower(&looks(&[&[]], &[apps]), 9), Some(("a".into(), 9, false)), "it started since");
    }

    #[test]
    fn a_window_has_six_blocks_and_ends_with_its_last_slot() {
        let rise = |window_slots| Rise { hours_left: 1.0, grown_points: 9.0, window_slots };
        let window = RiseWindow::of(&rise(12), 99).unwrap();
        assert_eq!((window.from.as_second(), window.to.as_second()), (88 * 600, 100 * 600));
        let ends = window.ends().map(|end| (end.start.as_second() / 600, end.end.as_second() / 600));
        assert_eq!(ends, [(88, 90), (98, 100)]);
        assert_eq!(RiseWindow::of(&rise(12), i64::MAX / 2), None);
    }
}
