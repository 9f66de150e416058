//! Sentences about actions: their queues, the outbox, permissions, commands, and the status that `doctor` shows.

sentences! {
    LEFT_TO_RUNNING = "left to the Loadline that is already running";
    QUEUE_FULL = "more waits than can be kept: the oldest was dropped";
    GIVEN_UP = "a message was given up: it could not be delivered within an hour";
    TRYING_AGAIN = "; trying again";
    COMMAND_STILL_RAN = "an action was still running a command, which was asked to end";
    NO_COMMAND = "there is no command to run";
    ENDING = "Loadline is ending";
    BAD_VARIABLE =
        "'${' is not followed by the name of an environment variable and '}'; write '$${' for the characters \
         themselves";
    variable_not_set(name) = "the environment variable '{name}' is not set where Loadline was started";
    no_thread(error) = "could not start a thread: {error}";
    no_dispatcher(error) = "actions are not done: could not start a thread: {error}";
}

/// Why the actions of a settings file must not be done, and the way out.
pub mod permissions {
    sentences! {
        not_done(reason) = "actions are not done: {reason}";
        of_machine(reason) = "actions of the machine's file are not done: {reason}";
        file_gone(quoted) = "actions are not done: the settings file they came from is gone; put {quoted} back";
        unreadable(file, error) =
            "actions are not done: could not see who may write '{file}': {error}; check its folder";
        were_unsafe(quoted) =
            "actions are not done: others could change them when they were read; look them through and do: touch \
             {quoted}";
        // The reasons why a file is not trusted. 'them' are the actions, or the settings in it.
        foreign_file(path, owner, replacement) =
            "'{path}' belongs to another user ({owner}), who may change them; look them through, \
             then replace the file: {replacement}";
        foreign_folder(path, owner, quoted) =
            "'{path}' belongs to another user ({owner}), who may change them; make it your own \
             with: sudo chown \"$USER\" {quoted}";
        foreign_link(path, owner) =
            "the link '{path}' belongs to another user ({owner}), who may change them; put one of \
             your own in its place";
        writable_file(path, octal_mode, replacement) =
            "'{path}' may be written by others (mode {octal_mode}), who may change them; look \
             them through, then replace the file, for it may still be open: {replacement}";
        writable_folder(path, octal_mode, quoted) =
            "'{path}' may be written by others (mode {octal_mode}), who may change them; \
             do: chmod go-w {quoted}";
        once_writable(path, replacement) =
            "'{path}' could be written by others, and still can by any who have it open; look \
             them through, then replace the file: {replacement}";
        replacement(quoted, quoted_new) = "cp {quoted} {quoted_new} && chmod 600 {quoted_new} && mv {quoted_new} {quoted}";
        not_noted(error) = " (a restart will not know: that could not be noted: {error})";
    }
}

/// The end of a command.
pub mod command {
    sentences! {
        not_started(program, error, way_out) = "command '{program}' could not be started: {error}; {way_out}";
        SEE_FIRST_LINE = "see whether it, and what its first line names, is there";
        GIVE_FULL_PATH = "give its full path";
        MAKE_EXECUTABLE = "make it executable with 'chmod +x'";
        ADD_FIRST_LINE = "begin a script with a line such as '#!/bin/sh'";
        TRY_ON_CONSOLE = "try it on a console";
        exit_status(program, code) = "'{program}' ended with status {code}";
        signalled(program, signal) = "'{program}' was ended by signal {signal}";
        failed(program, status) = "'{program}' failed ({status})";
        no_status(program, error) = "could not wait for '{program}': {error}";
        timed_out(program, limit) = "'{program}' had not ended after {limit} and was ended";
        no_output(error) = "could not listen to the command: {error}";
        output_truncated(total_bytes) = "\n(cut here: it said {total_bytes} bytes)";
    }
}

/// Problems of the outbox file.
pub mod outbox {
    sentences! {
        FOREIGN = "it is not a file of ours";
        other_version(version, known) = "its version is {version}, and this Loadline reads version {known}";
        not_written(file, error) =
            "could not write '{file}': {error}; actions are done all the same, but what is undelivered is lost at the \
             end";
        shared(file, place, mode, quoted) =
            "'{file}' is not used, and what is undelivered is lost at the end: '{place}' may be written by others \
             ({mode}), who could send messages in your name; do: chmod go-w {quoted}";
        foreign_place(file, place, owner) =
            "'{file}' is not used, and what is undelivered is lost at the end: '{place}' belongs to another user ({owner}), \
             who could send messages in your name";
        NOT_OF_PRESET =
            "a message that waited is not one that this action sends (its preset was changed, or somebody changed the file \
             of waiting messages); it was dropped";
        put_aside(file, problem, aside) =
            "could not use '{file}': {problem}; it is now '{aside}', and a new one is begun";
        not_put_aside(file, problem, error) =
            "could not use '{file}': {problem}; nor could it be put aside: {error}; move it away yourself";
    }
}

/// The status of an action, for `doctor`.
pub mod status {
    use std::time::Duration;

    use crate::core::duration;

    sentences! { unknown(problem) = "could not see how it went: {problem}; the next run puts the file aside"; }

    /// The last outcome: how long ago, and the problem if it failed; and the messages that wait.
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
    sentences! {
        NOT_AN_ADDRESS =
            "the address of the webhook is not a web address; give one like 'https://hooks.example.com/path'";
        // Also said of a settings file, where the key stands before it.
        HAS_SPACE = "the address has a space in it, which no address has: write %20 for it, or take it out";
        INTERNATIONAL_NAME =
            "the name in the address has letters beyond a to z: write it in Punycode ('xn--...', as browsers copy it)";
        BAD_PORT = "the address has a port that there is not: give a number from 1 to 65535 after the ':'";
        NOT_DELIVERED = "not delivered";
        NO_REASON = "without a reason";
        not_delivered_status(status) = "not delivered (status {status})";
        refused(host, reason) = "'{host}' took the message and reports a failure: {reason}";
        wants_tls(host) = "'{host}' wants https on this port: write https:// in the address";
        HAS_USER =
            "the address of the webhook holds a name or password, which is not sent; give the header 'Authorization' \
             instead";
        NOT_A_WEBHOOK = "the action is not a webhook";
        NOT_PRIVATE =
            "is not this machine or one of a private network, and http:// can be read on the way; use https://";
        NO_CERTIFICATES =
            "no certificates were found that https could trust; install ca-certificates, or have SSL_CERT_FILE name a \
             file that holds some";
        EXPIRED = "it has expired";
        NOT_VALID_YET = "it is not valid yet";
        OTHER_NAME = "it is for another name";
        UNKNOWN_ISSUER = "this system does not know its issuer";
        BAD_SIGNATURE = "its signature does not hold";
        BROKEN_CERTIFICATE = "it is broken";
        REVOKED = "it was revoked";
        OTHER_PURPOSE = "it is not one for servers";
        UNKNOWN_EXTENSION = "it demands an extension that is not known here";
        OLD_SIGNATURE = "its signature is of a kind that is not safe any more, or not known here";
        OLD_VERSION = "it is of an old version (1 or 2): make one of version 3, with a subject alternative name";
        OF_AUTHORITY =
            "it is that of an authority (CA:TRUE), which cannot be a server's own: make one with 'openssl req -x509 \
             -addext basicConstraints=critical,CA:FALSE ...', and trust that one";
        UNUSABLE_CERTIFICATE = "it is not as the certificate of a server must be";
        NO_TLS = "it does not speak TLS on this port: is the address one for http://, or the port another?";
        HANDSHAKE_REFUSED = "it ended the handshake";
        NOTHING_IN_COMMON = "it offers no version of TLS, or no cipher, that is safe";
        HANDSHAKE_FAILED = "the handshake failed";
        bad_proxy(variable) =
            "the environment variable '{variable}' holds no proxy; write it as 'http://proxy.example.com:3128'";
        in_address(problem) = "the address of the webhook: {problem}";
        in_header(name, problem) = "the header '{name}': {problem}";
        reserved_header(name) = "the header '{name}' cannot be set: it says how the message is sent; leave it out";
        bad_header_name(name) =
            "'{name}' is not the name of a header; give letters, digits and hyphens, like 'Authorization'";
        bad_header_value(name) = "the header '{name}' has a value that a header cannot have; give one line of text";
        no_connection(server, reason) = "no connection to {server}: {reason}";
        no_connection_within(server, limit) = "no connection to {server} within {limit}";
        no_secure_connection_within(server, limit) =
            "no connection to {server} within {limit} (if its port is one for http, write http://)";
        UNKNOWN_NAME = "the name is not known";
        no_secure_connection(host, reason) = "no secure connection to '{host}': {reason}";
        untrusted(host, problem) = "'{host}' has no certificate that can be trusted: {problem}";
        closed(server) = "{server} has closed the connection";
        closed_plain(server) = "{server} has closed the connection (if its port is one for https, write https://)";
        not_http(host, reason) = "'{host}' does not answer as a web server does: {reason}";
        not_sent(host, reason) = "the message to '{host}' cannot be sent: {reason}";
        timed_out(host, limit) = "'{host}' has not answered within {limit}";
        status(host, status) = "'{host}' answered {status}";
        too_long(host, megabytes) = "the answer of '{host}' is longer than {megabytes} MB";
        redirected(host, target) =
            "'{host}' redirects to '{target}', which is not followed; put that address into the settings";
    }

    /// The server's name, and its proxy as `host:port`.
    pub fn server(host: &str, proxy: Option<&str>) -> String {
        proxy.map_or_else(|| format!("'{host}'"), |proxy| format!("'{host}' through the proxy '{proxy}'"))
    }
}

/// The output and errors of `actions test`.
pub mod test {
    sentences! {
        SENT = "sent";
        RESPONSE = "answered";
        NO_END = "the action did not come to its end";
        INTERRUPTED = "interrupted: the action was asked to end";
        failed(name, problem) = "action '{name}' failed: {problem}";
    }

    /// The first line of one attempt.
    pub fn heading(name: &str, is_recovery: bool) -> String {
        let occasion = if is_recovery { "the end of an alert" } else { "an alert" };
        format!("{name}, told of {occasion} that is made up")
    }

    /// The last line of one attempt.
    pub fn outcome(problem: Option<&str>) -> String {
        problem.map_or_else(|| "it went well".into(), |problem| format!("FAILED: {problem}"))
    }

    /// No action has this name; `names` are those there are, and `mistakes` say why others are not.
    pub fn no_such_action(name: &str, file: impl std::fmt::Display, names: &[&str], mistakes: &[String]) -> String {
        let quoted: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
        let available = match quoted.as_slice() {
            [] => "there are none; see 'loadline help actions'".to_owned(),
            [only] => format!("there is {only}"),
            names => format!("there are {}", names.join(", ")),
        };
        let mistakes: String = mistakes.iter().map(|mistake| format!("; {mistake}")).collect();
        format!("there is no action '{name}' in '{file}': {available}{mistakes}")
    }
}
