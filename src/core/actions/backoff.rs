//! The pauses between attempts to deliver a message, and the time limit of all of them.

use std::time::Duration;

/// The pause after the first attempt.
const FIRST: Duration = Duration::from_secs(1);
/// The longest pause unless the server asks for one.
const LONGEST: Duration = Duration::from_secs(5 * 60);
/// The longest pause that the server may ask for; the shortest is [`FIRST`], or a `Retry-After` of 0 would make attempts
/// without a pause.
const LONGEST_ASKED: Duration = Duration::from_secs(10 * 60);
/// The age at which a message is given up: nobody wants to be woken for an alert that was over long ago.
pub const GIVE_UP: Duration = Duration::from_secs(3600);

/// The pause after so many failed `attempts`: doubled each time, and shortened by chance to between a half and the whole,
/// so that many machines do not all come back at the same moment. `asked` is the pause that the server asked for.
///
/// `chance` is from 0 to 1.
pub fn pause(attempts: u32, asked: Option<Duration>, chance: f64) -> Duration {
    if let Some(asked) = asked {
        return asked.clamp(FIRST, LONGEST_ASKED);
    }
    let doubled = 2_u32.saturating_pow(attempts.saturating_sub(1));
    let whole = FIRST.saturating_mul(doubled).min(LONGEST);
    whole / 2 + (whole / 2).mul_f64(chance.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_five_minutes() {
        for (attempts, seconds) in
            [(0, 1), (1, 1), (2, 2), (3, 4), (4, 8), (9, 256), (10, 300), (11, 300), (33, 300), (u32::MAX, 300)]
        {
            let whole = Duration::from_secs(seconds);
            assert_eq!(pause(attempts, None, 1.0), whole, "{attempts}");
            assert_eq!(pause(attempts, None, 0.0), whole / 2, "{attempts}");
            assert_eq!(pause(attempts, None, 0.5), whole * 3 / 4, "{attempts}");
            assert_eq!(pause(attempts, None, f64::NAN.max(7.0)), whole, "{attempts}");
        }
    }

    #[test]
    fn the_server_may_ask_for_a_second_to_ten_minutes() {
        let asked = |seconds| pause(1, Some(Duration::from_secs(seconds)), 0.5).as_secs();
        assert_eq!([asked(0), asked(30), asked(600), asked(86_400)], [1, 30, 600, 600]);
    }
}
