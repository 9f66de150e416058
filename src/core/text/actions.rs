//! Sentences about actions: their queues, the outbox, permissions, commands, and the status that `doctor` shows.

/// Another Loadline runs the actions.
pub const LEFT_TO_RUNNING: &str = "left to the Loadline that is already running";

/// A job or request was evicted.
pub const QUEUE_FULL: &str = "more waits than can be kept: the oldest was dropped";

/// A message has waited for too long.
pub const GIVEN_UP: &str = "a message was given up: it could not be delivered within an hour";

/// Stands behind a failure after which another attempt is made.
pub const TRYING_AGAIN: &str = "; trying again";

/// An attempt panicked.
pub const BROKE_OFF: &str = "it broke off; the reason is on Loadline's stderr";

/// The end of Loadline came before the end of a command.
pub const COMMAND_STILL_RAN: &str = "an action was still running a command, which was asked to end";

/// A command is empty.
pub const NO_COMMAND: &str = "there is no command to run";

/// A command that would start while Loadline ends.
pub const ENDING: &str = "Loadline is ending";

/// A `${` without a name and `}`.
pub const BAD_VARIABLE: &str = "'${' is not followed by the name of an environment variable and '}'; \
                                write '$${' for the characters themselves";

/// A variable in an address or a header is not set.
pub fn variable_not_set(name: &str) -> String {
    format!("the environment variable '{name}' is not set where Loadline was started")
}

/// A worker could not be started.
pub fn no_thread(error: &str) -> String {
    format!("could not start a thread: {error}")
}

/// The dispatcher could not be started.
pub fn no_dispatcher(error: &str) -> String {
    format!("actions are not done: {}", no_thread(error))
}

/// Why a settings file's commands must not run, and the way out.
pub mod permissions {
    use std::fmt::Display;

    /// The settings file is gone.
    pub fn file_gone(quoted: &str) -> String {
        format!("commands are not run: the settings file they came from is gone; put {quoted} back")
    }

    /// The permissions cannot be read.
    pub fn unreadable(file: impl Display, error: impl Display) -> String {
        format!("commands are not run: could not see who may write '{file}': {error}; check its folder")
    }

    /// The file is safe now and was not when it was read.
    pub fn were_unsafe(quoted: &str) -> String {
        format!(
            "commands are not run: others could change them when they were read; look them through and do: \
             touch {quoted}"
        )
    }

    /// The file or folder belongs to the user with the number `owner`.
    pub fn foreign(path: impl Display, owner: u32, quoted: &str) -> String {
        format!(
            "commands are not run: '{path}' belongs to another user ({owner}), who may change them; \
             make it your own with: sudo chown \"$USER\" {quoted}"
        )
    }

    /// Other users may write the file or folder.
    pub fn writable(path: impl Display, mode: u32, quoted: &str) -> String {
        format!(
            "commands are not run: '{path}' may be written by others (mode {mode:04o}), who may change them; \
             do: chmod go-w {quoted}"
        )
    }
}

/// What became of a command.
pub mod command {
    use std::fmt::Display;
    use std::time::Duration;

    use crate::core::duration;

    /// The system could not start it.
    pub fn not_started(program: &str, error: impl Display, way_out: &str) -> String {
        format!("command '{program}' could not be started: {error}; {way_out}")
    }

    /// The file, or the interpreter of its first line, is missing.
    pub const SEE_FIRST_LINE: &str = "see whether it, and what its first line names, is there";
    /// No folder of `PATH` has it.
    pub const GIVE_FULL_PATH: &str = "give its full path";
    /// It is not executable.
    pub const MAKE_EXECUTABLE: &str = "make it executable with 'chmod +x'";
    /// The system does not know this kind of file.
    pub const ADD_FIRST_LINE: &str = "begin a script with a line such as '#!/bin/sh'";
    /// Any other reason.
    pub const TRY_ON_CONSOLE: &str = "try it on a console";

    /// It ended with a status that is not 0.
    pub fn exit_status(program: &str, code: i32) -> String {
        format!("'{program}' ended with status {code}")
    }

    /// A signal ended it.
    pub fn signalled(program: &str, signal: i32) -> String {
        format!("'{program}' was ended by signal {signal}")
    }

    /// It failed in a way that has no number.
    pub fn failed(program: &str, status: impl Display) -> String {
        format!("'{program}' failed ({status})")
    }

    /// The system does not tell how it ended.
    pub fn no_status(program: &str, error: impl Display) -> String {
        format!("could not wait for '{program}': {error}")
    }

    /// It took longer than `timeout`.
    pub fn timed_out(program: &str, timeout: Duration) -> String {
        format!("'{program}' had not ended after {} and was ended", duration::humanize_exact(timeout))
    }

    /// Its output could not be read.
    pub fn no_output(error: impl Display) -> String {
        format!("could not listen to the command: {error}")
    }

    /// Stands behind the part of its output that was kept.
    pub fn output_truncated(total_bytes: u64) -> String {
        format!("\n(cut here: it said {total_bytes} bytes)")
    }
}

/// Problems of the outbox file.
pub mod outbox {
    use std::fmt::Display;

    /// Why a file in the outbox's place is not read.
    pub const FOREIGN: &str = "it is not a file of ours";

    /// The file is of another version of Loadline.
    pub fn other_version(version: u64, known: u64) -> String {
        format!("its version is {version}, and this Loadline reads version {known}")
    }

    /// The file could not be written.
    pub fn not_written(file: impl Display, error: impl Display) -> String {
        format!(
            "could not write '{file}': {error}; actions are done all the same, but what is undelivered is lost at the end"
        )
    }

    /// The file was unusable and is now `aside`.
    pub fn put_aside(file: impl Display, problem: &str, aside: impl Display) -> String {
        format!("could not use '{file}': {problem}; it is now '{aside}', and a new one is begun")
    }

    /// The file is unusable and stays in the way.
    pub fn not_put_aside(file: impl Display, problem: &str, error: impl Display) -> String {
        format!("could not use '{file}': {problem}; nor could it be put aside: {error}; move it away yourself")
    }
}

/// What `doctor` shows of an action.
pub mod status {
    use std::time::Duration;

    use crate::core::duration;

    /// The outbox file, which has the last outcome, cannot be read.
    pub fn unknown(problem: &str) -> String {
        format!("could not see how it went: {problem}; the next run puts the file aside")
    }

    /// The last outcome: how long ago, and the problem if it failed; and the messages that wait.
    ///
    /// # Errors
    /// The same in words, when the action failed.
    pub fn last_outcome(last: Option<(Duration, Option<&str>)>, waiting_messages: usize) -> Result<String, String> {
        let waiting = match waiting_messages {
            0 => String::new(),
            1 => "; 1 message waits for its delivery".into(),
            count => format!("; {count} messages wait for their delivery"),
        };
        match last {
            None => Ok(format!("has not run yet{waiting}")),
            Some((ago, None)) => Ok(format!("ran {} ago and went well{waiting}", duration::humanize(ago))),
            Some((ago, Some(problem))) => Err(format!("failed {} ago: {problem}{waiting}", duration::humanize(ago))),
        }
    }
}

/// Failures of webhooks. `server` is `'host'`, or that with its proxy.
pub mod webhook {
    use std::fmt::Display;
    use std::time::Duration;

    use crate::core::duration;

    /// An address that is none.
    pub const NOT_AN_ADDRESS: &str =
        "the address of the webhook is not a web address; give one like 'https://hooks.example.com/path'";
    /// An address with a user's name in it.
    pub const HAS_USER: &str = "the address of the webhook holds a name or password, which is not sent; \
                                give the header 'Authorization' instead";
    /// The action is of another kind.
    pub const NOT_A_WEBHOOK: &str = "the action is not a webhook";
    /// Stands behind the host of an unencrypted address that is public.
    pub const NOT_PRIVATE: &str =
        "is not this machine or one of a private network, and http:// can be read on the way; use https://";

    /// The system has no certificates.
    pub const NO_CERTIFICATES: &str = "no certificates were found that https could trust; install ca-certificates, \
                                       or have SSL_CERT_FILE name a file that holds some";
    /// Problems of certificates, in the same words every time.
    pub const EXPIRED: &str = "it has expired";
    /// See [`EXPIRED`].
    pub const NOT_VALID_YET: &str = "it is not valid yet";
    /// See [`EXPIRED`].
    pub const OTHER_NAME: &str = "it is for another name";
    /// See [`EXPIRED`].
    pub const UNKNOWN_ISSUER: &str = "this system does not know its issuer";
    /// See [`EXPIRED`].
    pub const BAD_SIGNATURE: &str = "its signature does not hold";

    /// A variable that should hold a proxy.
    pub fn bad_proxy(variable: &str) -> String {
        format!("the environment variable '{variable}' holds no proxy; write it as 'http://proxy.example.com:3128'")
    }

    /// A problem of a variable in the address.
    pub fn in_address(problem: impl Display) -> String {
        format!("the address of the webhook: {problem}")
    }

    /// A problem of a variable in the value of a header.
    pub fn in_header(name: &str, problem: impl Display) -> String {
        format!("the header '{name}': {problem}")
    }

    /// A header that belongs to the client.
    pub fn reserved_header(name: &str) -> String {
        format!("the header '{name}' cannot be set: it says how the message is sent; leave it out")
    }

    /// A name with characters that no header has.
    pub fn bad_header_name(name: &str) -> String {
        format!("'{name}' is not the name of a header; give letters, digits and hyphens, like 'Authorization'")
    }

    /// A value with characters that no header has.
    pub fn bad_header_value(name: &str) -> String {
        format!("the header '{name}' has a value that a header cannot have; give one line of text")
    }

    /// The server's name, and its proxy as `host:port`.
    pub fn server(host: &str, proxy: Option<&str>) -> String {
        match proxy {
            None => format!("'{host}'"),
            Some(proxy) => format!("'{host}' through the proxy '{proxy}'"),
        }
    }

    /// There was no connection, for this reason.
    pub fn no_connection(server: &str, reason: impl Display) -> String {
        format!("no connection to {server}: {reason}")
    }

    /// There was no connection within the time.
    pub fn no_connection_within(server: &str, limit: Duration) -> String {
        format!("no connection to {server} within {}", duration::humanize(limit))
    }

    /// The name has no address.
    pub const UNKNOWN_NAME: &str = "the name is not known";

    /// There was no TLS connection.
    pub fn no_secure_connection(host: &str, reason: &str) -> String {
        format!("no secure connection to '{host}': {reason}")
    }

    /// The certificate is refused.
    pub fn untrusted(host: &str, problem: impl Display) -> String {
        format!("'{host}' has no certificate that can be trusted: {problem}")
    }

    /// The connection ended before the response.
    pub fn closed(server: &str) -> String {
        format!("{server} has closed the connection")
    }

    /// The response is not HTTP.
    pub fn not_http(host: &str, reason: &str) -> String {
        format!("'{host}' does not answer as a web server does: {reason}")
    }

    /// The request could not be made.
    pub fn not_sent(host: &str, reason: &str) -> String {
        format!("the message to '{host}' cannot be sent: {reason}")
    }

    /// The response was late.
    pub fn timed_out(host: &str, limit: Duration) -> String {
        format!("'{host}' has not answered within {}", duration::humanize(limit))
    }

    /// The server refused the message.
    pub fn status(host: &str, status: u16) -> String {
        format!("'{host}' answered {status}")
    }

    /// The server points elsewhere.
    pub fn redirected(host: &str, target: &str) -> String {
        format!("'{host}' redirects to '{target}', which is not followed; put that address into the settings")
    }
}

/// The output and errors of `actions test`.
pub mod test {
    use std::fmt::Display;

    /// The heading of the request.
    pub const SENT: &str = "sent";
    /// The heading of the response.
    pub const RESPONSE: &str = "answered";
    /// The thread has gone without a result.
    pub const NO_END: &str = "the action did not come to its end";
    /// A signal ended the test.
    pub const INTERRUPTED: &str = "interrupted: the action was asked to end";

    /// The first line of one attempt.
    pub fn heading(name: &str, is_recovery: bool) -> String {
        let occasion = if is_recovery { "the end of an alert" } else { "an alert" };
        format!("{name}, told of {occasion} that is made up")
    }

    /// The last line of one attempt.
    pub fn outcome(problem: Option<&str>) -> String {
        problem.map_or_else(|| "it went well".into(), |problem| format!("FAILED: {problem}"))
    }

    /// The failure that decides the exit status.
    pub fn failed(name: &str, problem: &str) -> String {
        format!("action '{name}' failed: {problem}")
    }

    /// No action has this name; `names` are those there are.
    pub fn no_such_action(name: &str, file: impl Display, names: &[&str]) -> String {
        let quoted: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
        let available = match quoted.as_slice() {
            [] => "there are none; see 'loadline help actions'".to_owned(),
            [only] => format!("there is {only}"),
            names => format!("there are {}", names.join(", ")),
        };
        format!("there is no action '{name}' in '{file}': {available}")
    }
}
