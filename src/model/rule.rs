//! What an alert is judged by. Only valid rules can be built.

use std::time::Duration;

use super::metric::Percent;

/// The rule for one metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The alert fires above this; exactly this much is still fine.
    pub above: Percent,
    /// For how long the value must stay above to fire, and below [`Rule::clear_below`] to clear.
    pub after: Duration,
    /// The shortest time between two tellings.
    pub cooldown: Duration,
}

impl Rule {
    /// The value under which a firing alert clears: 5 points under `above`, so that a value hovering at the
    /// threshold does not flap. Under a threshold of 10 it is half of it: 5 points less could never be reached.
    pub fn clear_below(&self) -> f64 {
        let above = self.above();
        (above - 5.0).max(above / 2.0)
    }

    /// [`Rule::above`] as a number to compare readings with.
    pub fn above(&self) -> f64 {
        f64::from(self.above.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_can_clear() {
        for percent in 1..=100 {
            let rule = Rule { above: Percent::new(percent).unwrap(), after: Duration::ZERO, cooldown: Duration::ZERO };
            assert!(rule.clear_below() > 0.0 && rule.clear_below() < rule.above(), "{percent}");
        }
        let clear_below = |above| {
            Rule { above: Percent::new(above).unwrap(), after: Duration::ZERO, cooldown: Duration::ZERO }.clear_below()
        };
        assert_eq!([clear_below(80), clear_below(10), clear_below(4)], [75.0, 5.0, 2.0]);
    }
}
