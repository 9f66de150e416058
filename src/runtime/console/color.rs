//! Whether stdout gets colours.

use std::env;
use std::io::{IsTerminal, stdout};

/// Whether stdout is a terminal that shows colours, and the environment does not say otherwise.
///
/// Source: no-color.org for NO_COLOR; bixense.com/clicolors for CLICOLOR and CLICOLOR_FORCE.
pub fn is_wanted_on_stdout() -> bool {
    is_wanted(|name| env::var(name).ok(), stdout().is_terminal())
}

fn is_wanted(variable: impl Fn(&str) -> Option<String>, is_terminal: bool) -> bool {
    let is = |name, value| variable(name).is_some_and(|found| found == value);
    if variable("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        false
    } else if variable("CLICOLOR_FORCE").is_some_and(|value| !value.is_empty() && value != "0") {
        true
    } else {
        is_terminal && !is("CLICOLOR", "0") && !is("TERM", "dumb")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether colours are wanted with these variables, on a terminal and in a pipe.
    fn wanted(variables: &[(&str, &str)]) -> (bool, bool) {
        let variable = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        (is_wanted(variable, true), is_wanted(variable, false))
    }

    #[test]
    fn a_terminal_gets_colours_and_a_pipe_does_not() {
        assert_eq!(wanted(&[]), (true, false));
        assert_eq!(wanted(&[("NO_COLOR", ""), ("CLICOLOR", "1"), ("CLICOLOR_FORCE", "0")]), (true, false));
    }

    #[test]
    fn the_environment_switches_colours_off_and_on() {
        for variable in [("NO_COLOR", "1"), ("CLICOLOR", "0"), ("TERM", "dumb")] {
            assert_eq!(wanted(&[variable]), (false, false), "{variable:?}");
        }
        assert_eq!(wanted(&[("CLICOLOR_FORCE", "1"), ("CLICOLOR", "0")]), (true, true));
        assert_eq!(wanted(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]), (false, false));
    }
}
