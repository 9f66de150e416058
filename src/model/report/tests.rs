//! The report's parts that need no browser.

use super::*;

#[test]
fn what_is_filled_in_is_not_looked_at_again() {
    let value = |name: &str| if name == "a" { "{{b}}".to_owned() } else { "B".into() };
    assert_eq!(fill("<{{a}}|{{b}}|{{", value), "<{{b}}|B|");
}
