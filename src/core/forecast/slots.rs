//! Ten-minute slots of memory in use, made from readings by the wall clock. Between readings and slots stand the means of
//! whole minutes, in hundredths of a percent: as the history stores them, so that a restart changes nothing.

use std::time::Duration;

use jiff::Timestamp;

use crate::core::metrics::metric::hundredths;

/// The length of a slot.
pub const SLOT_SECONDS: i64 = 600;
const MINUTE_SECONDS: i64 = 60;
const SLOT_MINUTES: i64 = SLOT_SECONDS / MINUTE_SECONDS;

/// The known minutes of one slot; at least one. Values are hundredths of a percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The lowest minute.
    low: u16,
    /// The last minute of the slot; `None` where that is not known.
    last: Option<u16>,
    /// The sum of the known minutes.
    sum: u32,
    minutes: u16,
}

impl Slot {
    /// A slot by its known minutes, in hundredths of a percent: the lowest, their sum and number, and the slot's last minute.
    /// `None` where no minute is known.
    pub fn new(low: u16, sum: u32, minutes: u16, last: Option<u16>) -> Option<Slot> {
        (minutes > 0).then_some(Slot { low, last, sum, minutes })
    }

    /// The lowest minute, in percent.
    pub fn low_percent(&self) -> f64 {
        f64::from(self.low) / 100.0
    }

    /// The mean of the known minutes, in percent.
    pub fn mean_percent(&self) -> f64 {
        f64::from(self.sum) / (100.0 * f64::from(self.minutes))
    }

    /// The last minute, in percent; `None` where it is not known.
    pub fn last_percent(&self) -> Option<f64> {
        self.last.map(|last| f64::from(last) / 100.0)
    }

    /// This part of a slot with the later part of the same.
    pub fn with_later(self, later: Slot) -> Slot {
        Slot {
            low: self.low.min(later.low),
            last: later.last,
            sum: self.sum + later.sum,
            minutes: self.minutes + later.minutes,
        }
    }
}

/// The number of the slot that `at` is in, counted from 1970.
pub fn slot_number(at: Timestamp) -> i64 {
    at.as_second().div_euclid(SLOT_SECONDS)
}

/// Makes slots from readings.
#[derive(Clone, Debug, Default)]
pub struct SlotBuilder {
    open: Option<OpenSlot>,
}

#[derive(Clone, Debug)]
struct OpenSlot {
    number: i64,
    /// The minutes that are over.
    slot: Option<Slot>,
    /// The minute under way, counted from 1970, and its known readings in hundredths of a percent.
    minute: i64,
    sum: u32,
    readings: u32,
    /// The time until the reading after its latest.
    stands_for: Duration,
}

/// The end of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotEnd {
    /// The next reading was in a later slot.
    Complete { number: i64, slot: Option<Slot> },
    /// The clock was set back to an earlier slot: nothing before it counts.
    ClockSetBack,
}

impl SlotBuilder {
    /// Adds a reading of memory in use, in percent (`None`: not known); the next one is expected `refresh` later. Returns the end
    /// of the slot before, if this reading ended one.
    pub fn add(&mut self, at: Timestamp, percent: Option<f64>, refresh: Duration) -> Option<SlotEnd> {
        let minute = at.as_second().div_euclid(MINUTE_SECONDS);
        let number = slot_number(at);
        let mut end = None;
        match &mut self.open {
            Some(open) if open.number == number => {
                if open.minute != minute {
                    open.end_minute();
                    open.minute = minute;
                }
            }
            open => {
                end = open.take().map(|mut open| {
                    open.end_minute();
                    let OpenSlot { number: before, slot, .. } = open;
                    if before < number { SlotEnd::Complete { number: before, slot } } else { SlotEnd::ClockSetBack }
                });
                *open = Some(OpenSlot { number, slot: None, minute, sum: 0, readings: 0, stands_for: refresh });
            }
        }
        if let (Some(open), Some(percent)) = (&mut self.open, percent) {
            open.stands_for = refresh;
            open.sum = open.sum.saturating_add(u32::try_from(hundredths(percent)).unwrap_or_default());
            open.readings += 1;
        }
        end
    }
}

impl OpenSlot {
    /// Adds the minute under way to the slot, if it has a reading.
    fn end_minute(&mut self) {
        let (sum, readings) = (std::mem::take(&mut self.sum), std::mem::take(&mut self.readings));
        // Where readings are rare, the last one stands for the minutes until the next.
        let minutes_known =
            i64::try_from(self.stands_for.as_secs()).unwrap_or(i64::MAX).div_euclid(MINUTE_SECONDS).max(1);
        let in_slot = self.minute.rem_euclid(SLOT_MINUTES);
        let is_last = in_slot.saturating_add(minutes_known) >= SLOT_MINUTES;
        if readings > 0 {
            let mean = (f64::from(sum) / f64::from(readings)).round() as u16;
            let minute = Slot { low: mean, last: is_last.then_some(mean), sum: u32::from(mean), minutes: 1 };
            self.slot = Some(self.slot.map_or(minute, |slot| slot.with_later(minute)));
        }
    }
}
