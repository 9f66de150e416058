//! Secrets among the arguments of a command, as far as the words before them tell: `--token abc`, `X-Api-Key: abc`,
//! `-u me:pass`, `API_KEY=abc`, also within a line of a shell.

/// Ends of names whose values are secrets.
const SECRET_ENDS: [&str; 8] =
    ["token", "password", "passwd", "passphrase", "secret", "apikey", "authorization", "cookie"];
/// The same, where they are words of their own: `--api-key`, but not `monkey`.
const SECRET_WORDS: [&str; 4] = ["key", "pass", "pwd", "credentials"];
/// Options whose values are a name and a password.
const USER_OPTIONS: [&str; 4] = ["-u", "--user", "-U", "--proxy-user"];
/// Words between the name of a header and its secret.
const SCHEMES: [&str; 5] = ["basic", "bearer", "token", "digest", "apikey"];

/// Whether a secret stands in the arguments of a command. The variables of a shell, and paths, are none.
pub fn has_secret(argv: &[String]) -> bool {
    let lines: Vec<String> = argv.iter().map(|argument| argument.replace(['"', '\'', '\\'], "")).collect();
    let is_end = |c: char| c.is_whitespace() || "{}()?&;,|<>".contains(c);
    let words: Vec<&str> = lines.iter().flat_map(|line| line.split(is_end)).filter(|word| !word.is_empty()).collect();
    (0..words.len()).any(|at| words.get(at..).is_some_and(begins_with_secret))
}

/// Whether the first word is a secret, or names the next one as such.
fn begins_with_secret(words: &[&str]) -> bool {
    let [word, rest @ ..] = words else { return false };
    let next = rest.first().copied().unwrap_or_default();
    let is_option = word.starts_with('-') && is_secret_name(word) || word.eq_ignore_ascii_case("bearer");
    (is_option && is_secret(next) && !is_scheme(next))
        || user_of_option(word, next).is_some_and(has_password)
        || authority(word).is_some_and(|authority| authority.contains('@') && !authority.starts_with('$'))
        || names_secret(word, rest)
}

/// Whether the word has a name with a secret behind it, as in `token=abc`, or ends with a name, as in `X-Api-Key: abc`.
fn names_secret(word: &str, rest: &[&str]) -> bool {
    let mut behind = word;
    while let Some((name, value)) = behind.split_once(['=', ':']) {
        let is_header = value.is_empty() && behind.ends_with(':');
        let of_header = || rest.iter().find(|word| !is_scheme(word)).copied().unwrap_or_default();
        let value_or_next = if is_header { of_header() } else { value };
        if is_secret_name(name) && is_secret(value_or_next) {
            return true;
        }
        behind = value;
    }
    false
}

fn is_secret_name(name: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or_default().trim_start_matches('-');
    let name = name.to_ascii_lowercase().replace(['_', '.'], "-");
    let is_word = |word: &&str| name.strip_suffix(*word).is_some_and(|rest| rest.is_empty() || rest.ends_with('-'));
    !name.starts_with("no-") && (SECRET_ENDS.iter().any(|end| name.ends_with(end)) || SECRET_WORDS.iter().any(is_word))
}

/// Neither a variable, a path, a file (`@`), a form (`%`), nor another option.
fn is_secret(value: &str) -> bool {
    !value.is_empty() && !value.starts_with(['$', '`', '/', '.', '~', '@', '%', '-'])
}

fn is_scheme(word: &str) -> bool {
    SCHEMES.iter().any(|scheme| word.eq_ignore_ascii_case(scheme))
}

/// The value of an option for a user, in the next word, behind `=`, or right behind the option's letter.
fn user_of_option<'a>(word: &'a str, next: &'a str) -> Option<&'a str> {
    USER_OPTIONS.iter().find_map(|option| match word.strip_prefix(option)? {
        "" => Some(next),
        value => value.strip_prefix('=').or_else(|| (option.len() == 2).then_some(value)),
    })
}

/// Whether a user has a password behind it: a group, as in `1000:1000` or `www:www`, is none.
fn has_password(user: &str) -> bool {
    user.split_once(':').is_some_and(|(name, password)| {
        let is_group = password == name || password.chars().all(|c| c.is_ascii_digit());
        is_secret(name) && is_secret(password) && !is_group
    })
}

fn authority(word: &str) -> Option<&str> {
    word.split_once("://").map(|(_, rest)| rest.split(['/', '#']).next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_found(arguments: &[&str]) -> bool {
        has_secret(&arguments.iter().map(|argument| (*argument).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_secret_in_a_command_is_seen_by_the_word_before_it() {
        for arguments in [
            &["x", "--token", "abc"][..],
            &["x", "--password", "abc"],
            &["x", "--password=abc"],
            &["x", "-pass", "abc"],
            &["curl", "-u", "me:pass", "https://h"],
            &["curl", "-ume:pass", "https://h"],
            &["curl", "--user=me:pass", "https://h"],
            &["curl", "-H", "X-Api-Key: abc", "https://h"],
            &["curl", "-HX-Api-Key:abc", "https://h"],
            &["curl", "-H", "Authorization: Bearer abc"],
            &["curl", "-H", "Authorization: abc"],
            &["curl", "--oauth2-bearer", "x", "--header=PRIVATE-TOKEN: abc"],
            &["curl", "https://h/x?a=1&key=abc"],
            &["curl", "https://h/x?api-key=abc"],
            &["curl", "-d", "{\"text\": \"hello\", \"token\": \"abc\"}"],
            &["x", "https://me:pass@h/x"],
            &["x", "https://abc@h"],
            &["env", "API_KEY=abc", "x"],
            &["env", "PGPASSWORD=abc", "x"],
            &["java", "-Dspring.datasource.password=abc"],
            &["/bin/sh", "-c", "curl -H 'X-Api-Key: abc' https://h"],
            &["/bin/sh", "-c", "TOKEN=\"abc\" x"],
            &["/bin/sh", "-c", "x --secret 'abc' | y"],
        ] {
            assert!(is_found(arguments), "{arguments:?}");
        }
    }

    #[test]
    fn neither_variables_nor_paths_nor_other_words_are_secrets() {
        for arguments in [
            &["x", "--password="][..],
            &["x", "--password"],
            &["x", "--password", "--quiet"],
            &["x", "--no-password", "abc"],
            &["x", "--token-file", "abc"],
            &["x", "--token", "/run/secrets/token"],
            &["curl", "--key", "./key.pem", "https://h"],
            &["mail", "me@example.org"],
            &["systemctl", "restart", "web"],
            &["docker", "run", "-u", "1000:1000", "--user", "www-data:www-data", "x"],
            &["rsync", "-u", "host:/srv", "here"],
            &["/bin/sh", "-c", "curl -H \"Authorization: Bearer $TOKEN\" -u \"me:$PASS\" \"https://h?key=${KEY}\""],
            &["/bin/sh", "-c", "x --password $(cat /run/secret) --token `cat t`"],
            &["/bin/sh", "-c", "PWD=/srv monkey=1 x"],
            &["say", "the password is wrong"],
        ] {
            assert!(!is_found(arguments), "{arguments:?}");
        }
    }
}
