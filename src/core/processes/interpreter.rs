//! What an interpreter runs: the script among its arguments.

/// An interpreter, and which of its options matter to find the script. A short option may stand with others behind one
/// dash, and its value right behind it.
struct Interpreter {
    /// Its names, without a version.
    names: &'static [&'static str],
    /// Options with a value that is not the script.
    with_value: &'static [&'static str],
    /// Short options whose value, if any, is right behind them.
    with_value_attached: &'static str,
    /// Options whose value is what runs.
    runs: &'static [&'static str],
    /// Options after which there is no script: the program is on the command line, or comes from stdin.
    without_script: &'static [&'static str],
    /// Whether `-abc` is `-a -b -c`.
    has_clusters: bool,
}

/// Sources: the manual pages python(1), node(1), perlrun(1), ruby(1), bash(1), dash(1), zshoptions(1), java(1), php(1),
/// lua(1).
const INTERPRETERS: [Interpreter; 8] = [
    Interpreter {
        names: &["python", "pypy"],
        with_value: &["-W", "-X", "--check-hash-based-pycs"],
        with_value_attached: "",
        runs: &["-m"],
        without_script: &["-c"],
        has_clusters: true,
    },
    Interpreter {
        names: &["node", "nodejs"],
        with_value: &["-r", "--require", "--import", "--loader", "--experimental-loader", "-C", "--conditions"],
        with_value_attached: "",
        runs: &[],
        without_script: &["-e", "--eval", "-p", "-pe", "--print", "-i", "--interactive"],
        has_clusters: false,
    },
    Interpreter {
        names: &["perl"],
        with_value: &["-I"],
        with_value_attached: "CDFMimx",
        runs: &[],
        without_script: &["-e", "-E"],
        has_clusters: true,
    },
    Interpreter {
        names: &["ruby"],
        with_value: &["-I", "-r", "-C", "-E"],
        with_value_attached: "FKTWix",
        runs: &[],
        without_script: &["-e"],
        has_clusters: true,
    },
    Interpreter {
        names: &["sh", "bash", "dash", "ash", "zsh", "ksh", "mksh"],
        with_value: &["-o", "-O", "--rcfile", "--init-file"],
        with_value_attached: "",
        runs: &[],
        without_script: &["-c", "-s"],
        has_clusters: true,
    },
    Interpreter {
        names: &["java"],
        with_value: &[
            "-cp",
            "-classpath",
            "--class-path",
            "-p",
            "--module-path",
            "--upgrade-module-path",
            "--add-modules",
            "--add-exports",
            "--add-opens",
            "--add-reads",
            "--limit-modules",
            "--patch-module",
            "--source",
        ],
        with_value_attached: "",
        runs: &["-jar", "-m", "--module"],
        without_script: &[],
        has_clusters: false,
    },
    Interpreter {
        names: &["php"],
        with_value: &["-c", "-d", "-S", "-t", "-z"],
        with_value_attached: "",
        runs: &["-f"],
        without_script: &["-r", "-R", "-B", "-E", "-a"],
        has_clusters: true,
    },
    Interpreter {
        names: &["lua", "luajit"],
        with_value: &["-e", "-l"],
        with_value_attached: "jO",
        runs: &[],
        without_script: &[],
        has_clusters: true,
    },
];

/// Whether a program of this name (`python3.13`) runs scripts.
pub fn is_interpreter(name: &[u8]) -> bool {
    interpreter(name).is_some()
}

/// The script (for Java the archive or the class, for Python also the module) that `name` runs, given its `arguments`
/// without its own name. `None` where it is no interpreter or runs no script.
pub fn script<'a>(name: &[u8], arguments: impl IntoIterator<Item = &'a [u8]>) -> Option<&'a [u8]> {
    let interpreter = interpreter(name)?;
    let mut arguments = arguments.into_iter();
    let script = loop {
        let argument = arguments.next()?;
        match interpreter.step(argument) {
            Step::Script(script) => break script,
            Step::NextIsScript => break arguments.next()?,
            Step::Skip => {}
            Step::SkipNext => {
                arguments.next()?;
            }
            Step::NoScript => return None,
        }
    };
    // What does not tell what it is: a folder (`node .`), an open file (`bash /dev/fd/63`).
    Some(script).filter(|script| !script.ends_with(b"/") && !script.ends_with(b".") && !script.starts_with(b"/dev/fd/"))
}

fn interpreter(name: &[u8]) -> Option<&'static Interpreter> {
    let versionless = name.iter().rposition(|byte| !byte.is_ascii_digit() && *byte != b'.')?;
    let name = name.get(..=versionless)?;
    INTERPRETERS.iter().find(|interpreter| interpreter.names.iter().any(|n| n.as_bytes() == name))
}

/// What one argument means for finding the script.
enum Step<'a> {
    Script(&'a [u8]),
    NextIsScript,
    Skip,
    SkipNext,
    NoScript,
}

impl Interpreter {
    fn step<'a>(&self, argument: &'a [u8]) -> Step<'a> {
        match argument {
            b"-" => Step::NoScript,
            b"--" => Step::NextIsScript,
            // A file of further arguments (java), or the switches that a shell turns off.
            [b'@', ..] | [b'+', _] => Step::Skip,
            [b'-', b'-', ..] => self.long_option(argument),
            [b'-', letters @ ..] if self.has_clusters => self.cluster(letters),
            [b'-', ..] => self.option(argument, None),
            _ => Step::Script(argument),
        }
    }

    /// `--name` or `--name=value`.
    fn long_option<'a>(&self, argument: &'a [u8]) -> Step<'a> {
        match argument.iter().position(|&byte| byte == b'=') {
            Some(at) => self.option(&argument[..at], argument.get(at + 1..)),
            None => self.option(argument, None),
        }
    }

    /// `-abc`: the first that takes a value takes what is behind it, else the next argument.
    fn cluster<'a>(&self, letters: &'a [u8]) -> Step<'a> {
        for (at, &letter) in letters.iter().enumerate() {
            if self.with_value_attached.as_bytes().contains(&letter) {
                return Step::Skip;
            }
            let value = letters.get(at + 1..).filter(|value| !value.is_empty());
            match self.option(&[b'-', letter], value) {
                Step::Skip if value.is_some() && !contains(self.with_value, &[b'-', letter]) => {}
                step => return step,
            }
        }
        Step::Skip
    }

    fn option<'a>(&self, name: &[u8], value: Option<&'a [u8]>) -> Step<'a> {
        if contains(self.without_script, name) {
            Step::NoScript
        } else if contains(self.runs, name) {
            value.map_or(Step::NextIsScript, Step::Script)
        } else if contains(self.with_value, name) && value.is_none() {
            Step::SkipNext
        } else {
            Step::Skip
        }
    }
}

fn contains(options: &[&str], name: &[u8]) -> bool {
    options.iter().any(|option| option.as_bytes() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_found_behind_the_options() {
        for (command, found) in [
            ("python3 x.py -c", Some("x.py")),
            ("python3.13 -u -W ignore -Xdev /srv/x.py a b", Some("/srv/x.py")),
            ("python3 -m http.server 8000", Some("http.server")),
            ("python3 -um http.server", Some("http.server")),
            ("python3 -mhttp.server", Some("http.server")),
            ("python3 -c pass x.py", None),
            ("python3 -Ic pass", None),
            ("python3 -", None),
            ("python3", None),
            ("python3 -W", None),
            ("pypy3 x.py", Some("x.py")),
            ("node --inspect --require ts-node/register server.js", Some("server.js")),
            ("node --import=tsx server.js", Some("server.js")),
            ("node -e 1 x.js", None),
            ("node .", None),
            ("node ./", None),
            ("ruby -rdate -I lib x.rb", Some("x.rb")),
            ("perl -w -MPOSIX -I lib x.pl", Some("x.pl")),
            ("perl -lne print x.pl", None),
            ("perl -i.bak x.pl", Some("x.pl")),
            ("sh -eu x.sh", Some("x.sh")),
            ("bash -lc make", None),
            ("bash +x -o pipefail -- x.sh", Some("x.sh")),
            ("bash --rcfile rc x.sh", Some("x.sh")),
            ("bash --rcfile", None),
            ("bash /dev/fd/63", None),
            ("java -Xmx2g -ea -cp a:b com.example.Main x", Some("com.example.Main")),
            ("java -jar app.jar x", Some("app.jar")),
            ("java --module=a/b.C x", Some("a/b.C")),
            ("java @options --add-opens a/b=c Main", Some("Main")),
            ("php -d x=1 artisan serve", Some("artisan")),
            ("php -S localhost:80", None),
            ("lua5.4 -e x=1 x.lua", Some("x.lua")),
            ("cat x.py", None),
            ("pythonic x.py", None),
            ("123 x.py", None),
        ] {
            let mut words = command.split(' ').map(str::as_bytes);
            let name = words.next().unwrap();
            assert_eq!(script(name, words).map(|s| str::from_utf8(s).unwrap()), found, "{command}");
        }
    }
}
