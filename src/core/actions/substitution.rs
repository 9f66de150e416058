//! `${NAME}` in a text of the settings, replaced by the value of an environment variable: secrets stay out of the file.

use std::fmt;

/// Where a variable's value comes from; `None` for one that is not set.
pub type VariableLookup<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// A text with its variables filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expanded {
    /// The text.
    pub text: String,
    /// The values that are in it: secrets.
    pub values: Vec<String>,
}

/// Why a text cannot be filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpandError {
    /// The variable of this name is not set.
    NotSet(String),
    /// A `${` without a name and `}`.
    NoName,
}

impl fmt::Display for ExpandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExpandError::NotSet(name) => {
                write!(f, "the environment variable '{name}' is not set where Loadline was started")
            }
            ExpandError::NoName => f.write_str(
                "'${' is not followed by the name of an environment variable and '}'; \
                 write '$${' for the characters themselves",
            ),
        }
    }
}

/// Replaces each `${NAME}` in `text` by what `lookup` has for it. `$${` stands for `${` itself. A value is not read
/// again: what looks like a variable in it is left alone.
///
/// # Errors
/// The first variable that is not set, or is not one.
pub fn expand(text: &str, lookup: &VariableLookup) -> Result<Expanded, ExpandError> {
    let mut filled = Expanded { text: String::with_capacity(text.len()), values: Vec::new() };
    let mut rest = text;
    while let Some(found) = rest.find("${") {
        let before = &rest[..found];
        rest = &rest[found + 2..];
        if let Some(before) = before.strip_suffix('$') {
            filled.text.push_str(before);
            filled.text.push_str("${");
            continue;
        }
        filled.text.push_str(before);
        let (name, after) = rest.split_once('}').filter(|(name, _)| is_name(name)).ok_or(ExpandError::NoName)?;
        let value = lookup(name).ok_or_else(|| ExpandError::NotSet(name.to_owned()))?;
        filled.text.push_str(&value);
        filled.values.push(value);
        rest = after;
    }
    filled.text.push_str(rest);
    Ok(filled)
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
    fn variables_are_replaced_and_what_is_doubled_is_left() {
        for (text, filled, values) in [
            ("plain $5 {x} $", "plain $5 {x} $", vec![]),
            ("Bearer ${TOKEN}", "Bearer s3cret", vec!["s3cret"]),
            ("${TOKEN}/${EMPTY}${TOKEN}é", "s3cret/s3creté", vec!["s3cret", "", "s3cret"]),
            ("${_a1}", "${TOKEN}", vec!["${TOKEN}"]),
            ("$${TOKEN} ${TOKEN}", "${TOKEN} s3cret", vec!["s3cret"]),
            ("$$${TOKEN}", "$${TOKEN}", vec![]),
            ("$$ ${TOKEN}", "$$ s3cret", vec!["s3cret"]),
        ] {
            let values: Vec<String> = values.into_iter().map(String::from).collect();
            assert_eq!(expand(text, &lookup), Ok(Expanded { text: filled.into(), values }), "{text}");
        }
    }

    #[test]
    fn what_is_not_set_or_no_name_is_said() {
        assert_eq!(expand("${TOKEN} ${OTHER}", &lookup), Err(ExpandError::NotSet("OTHER".into())));
        for text in ["${", "${}", "${TOKEN", "${a b}", "${1A}", "${TOKEN:-x}", "x${ ${TOKEN}"] {
            assert_eq!(expand(text, &lookup), Err(ExpandError::NoName), "{text}");
        }
    }
}
