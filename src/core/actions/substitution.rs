//! `${NAME}` in a text of the settings, replaced by the value of an environment variable: secrets stay out of the file.

use std::fmt;

use crate::core::text::actions::{BAD_VARIABLE, variable_not_set};

/// Returns the value of a variable; `None` if it is not set.
pub type VariableLookup<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// A text with its variables expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expanded {
    pub text: String,
    /// The values in it: secrets.
    pub values: Vec<String>,
}

/// The reason why a text cannot be expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpandError {
    NotSet(String),
    /// A `${` without a name and `}`.
    NoName,
}

impl fmt::Display for ExpandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExpandError::NotSet(name) => f.write_str(&variable_not_set(name)),
            ExpandError::NoName => f.write_str(BAD_VARIABLE),
        }
    }
}

/// Replaces each `${NAME}` in `text` by the value from `lookup`. `$${` stands for `${` itself. A value is not expanded
/// again.
pub fn expand(text: &str, lookup: &VariableLookup) -> Result<Expanded, ExpandError> {
    let mut expanded = Expanded { text: String::with_capacity(text.len()), values: Vec::new() };
    let mut rest = text;
    while let Some(found) = rest.find("${") {
        let before = &rest[..found];
        rest = &rest[found + 2..];
        if let Some(before) = before.strip_suffix('$') {
            expanded.text.push_str(before);
            expanded.text.push_str("${");
            continue;
        }
        expanded.text.push_str(before);
        let (name, after) = rest.split_once('}').filter(|(name, _)| is_name(name)).ok_or(ExpandError::NoName)?;
        let value = lookup(name).ok_or_else(|| ExpandError::NotSet(name.to_owned()))?;
        expanded.text.push_str(&value);
        expanded.values.push(value);
        rest = after;
    }
    expanded.text.push_str(rest);
    Ok(expanded)
}

/// The names of the variables in `text`, as far as it can be expanded.
pub fn names(text: &str) -> impl Iterator<Item = &str> {
    variables(text).map(|(_, name)| name)
}

/// `text` without its variables.
pub fn without_variables(text: &str) -> String {
    let (mut rest, mut end) = (String::new(), 0);
    for (at, name) in variables(text) {
        rest.push_str(&text[end..at]);
        end = at + "${}".len() + name.len();
    }
    rest + &text[end..]
}

/// The place of each variable in `text`, and its name.
fn variables(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_escaped = |at: usize| text[..at].ends_with('$');
    let places = text.match_indices("${").filter(move |(at, _)| !is_escaped(*at));
    places.filter_map(|(at, _)| Some((at, text[at + 2..].split_once('}')?.0))).filter(|(_, name)| is_name(name))
}

/// Source: POSIX.1-2017, Base Definitions, 3.235 "Name".
fn is_name(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(name: &str) -> Option<String> {
        match name {
            "TOKEN" => Some("s3cret".into()),
            "_a1" => Some("${TOKEN}".into()),
            "EMPTY" => Some(String::new()),
            _ => None,
        }
    }

    #[test]
    fn variables_are_replaced_and_a_doubled_dollar_is_not() {
        for (text, expected, values) in [
            ("plain $5 {x} $", "plain $5 {x} $", vec![]),
            ("Bearer ${TOKEN}", "Bearer s3cret", vec!["s3cret"]),
            ("${TOKEN}/${EMPTY}${TOKEN}é", "s3cret/s3creté", vec!["s3cret", "", "s3cret"]),
            ("${_a1}", "${TOKEN}", vec!["${TOKEN}"]),
            ("$${TOKEN} ${TOKEN}", "${TOKEN} s3cret", vec!["s3cret"]),
            ("$$${TOKEN}", "$${TOKEN}", vec![]),
            ("$$ ${TOKEN}", "$$ s3cret", vec!["s3cret"]),
        ] {
            let values: Vec<String> = values.into_iter().map(String::from).collect();
            assert_eq!(expand(text, &lookup), Ok(Expanded { text: expected.into(), values }), "{text}");
        }
    }

    #[test]
    fn names_are_found_and_what_is_not_a_variable_stays() {
        for (text, expected, rest) in [
            ("Bearer ${TOKEN}", vec!["TOKEN"], "Bearer "),
            ("${A}/${B}${A}é", vec!["A", "B", "A"], "/é"),
            ("$${A} ${", vec![], "$${A} ${"),
            ("${1} ${A b} ${C}", vec!["C"], "${1} ${A b} "),
        ] {
            assert_eq!(names(text).collect::<Vec<_>>(), expected, "{text}");
            assert_eq!(without_variables(text), rest, "{text}");
        }
    }

    #[test]
    fn an_unset_variable_and_a_missing_name_are_errors() {
        assert_eq!(expand("${TOKEN} ${OTHER}", &lookup), Err(ExpandError::NotSet("OTHER".into())));
        for text in ["${", "${}", "${TOKEN", "${a b}", "${1A}", "${TOKEN:-x}", "x${ ${TOKEN}"] {
            assert_eq!(expand(text, &lookup), Err(ExpandError::NoName), "{text}");
        }
    }
}
