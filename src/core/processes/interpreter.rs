//! Finds the script that an interpreter runs among the interpreter's arguments.

/// Names and options are separated by spaces.
struct Interpreter {
    /// Without a version.
    names: &'static str,
    /// Short options after which there is no script: the code is on the command line, or comes from stdin.
    code_options: &'static [u8],
    /// Options with a value of its own.
    value_options: &'static str,
    /// Short options whose value may follow in the same word; `None` where short options do not stand together.
    attached: Option<&'static [u8]>,
    /// Commands before the script.
    run_commands: &'static str,
    /// Commands after which there is code in place of a script.
    code_commands: &'static str,
}

/// An interpreter without options and commands, for the fields that the others leave out.
const PLAIN: Interpreter = Interpreter {
    names: "",
    code_options: b"",
    value_options: "",
    attached: None,
    run_commands: "",
    code_commands: "",
};

/// The option that holds the script of R. Source: R's `src/unix/Rscript.c`.
const R_FILE: &[u8] = b"--file=";

/// Sources: the manual pages python(1), node(1), perlrun(1), ruby(1), bash(1), dash(1), zshoptions(1), java(1), php(1),
/// lua(1), fish(1), julia(1), guile(1), tclsh(1), mono(1), Rscript(1), gjs(1), raku(1); `bun --help`, `deno run --help`,
/// `dotnet exec --help`, `pwsh -Help`.
const INTERPRETERS: [Interpreter; 20] = [
    Interpreter {
        names: "python pypy",
        code_options: b"c",
        value_options: "-W -X --check-hash-based-pycs",
        attached: Some(b"WXm"),
        ..PLAIN
    },
    Interpreter {
        names: "node nodejs",
        code_options: b"epi",
        value_options: "-r --require --import --loader --experimental-loader -C --conditions",
        attached: None,
        ..PLAIN
    },
    Interpreter { names: "perl", code_options: b"eE", value_options: "-I", attached: Some(b"FIMimx"), ..PLAIN },
    Interpreter {
        names: "ruby",
        code_options: b"e",
        value_options: "-I -r -C -E",
        attached: Some(b"CEFIirx"),
        ..PLAIN
    },
    Interpreter {
        names: "sh bash dash ash zsh ksh mksh",
        code_options: b"cs",
        value_options: "-o -O --rcfile --init-file",
        attached: Some(b""),
        ..PLAIN
    },
    Interpreter {
        names: "java",
        code_options: b"",
        value_options: "-cp -classpath --class-path -p --module-path --upgrade-module-path --add-modules --add-exports \
                        --add-opens --add-reads --limit-modules --patch-module --source",
        attached: None,
        ..PLAIN
    },
    Interpreter {
        names: "php",
        code_options: b"rRBEaS",
        value_options: "-c -d -t -z",
        attached: Some(b"cdftz"),
        ..PLAIN
    },
    Interpreter { names: "lua luajit", code_options: b"", value_options: "-e -l", attached: Some(b"elj"), ..PLAIN },
    Interpreter { names: "fish", code_options: b"cC", value_options: "-d -o -D", attached: Some(b"doD"), ..PLAIN },
    Interpreter {
        names: "julia",
        code_options: b"eE",
        value_options: "-L -t -p -J -C",
        attached: Some(b"LtpJCOg"),
        ..PLAIN
    },
    Interpreter { names: "guile", code_options: b"c", value_options: "-e -l -L -C -x", attached: None, ..PLAIN },
    Interpreter { names: "tclsh wish", code_options: b"", value_options: "-encoding", attached: None, ..PLAIN },
    Interpreter {
        names: "bun",
        code_options: b"ep",
        value_options: "-r --preload --require --import --cwd --port --define -d --loader -l --conditions --filter -F \
                        --env-file --tsconfig-override",
        run_commands: "run x",
        code_commands: "exec repl",
        ..PLAIN
    },
    Interpreter {
        names: "deno",
        value_options: "-c --config --import-map --lock --seed -L --log-level --cert --location --preload --import --ext \
                        --cwd",
        run_commands: "run serve task test bench",
        code_commands: "eval repl",
        ..PLAIN
    },
    Interpreter {
        names: "dotnet",
        value_options: "--depsfile --runtimeconfig --additionalprobingpath --additional-deps --fx-version --roll-forward",
        run_commands: "exec",
        ..PLAIN
    },
    Interpreter { names: "mono mono-sgen mono-boehm", value_options: "--config", ..PLAIN },
    Interpreter {
        names: "R Rscript",
        code_options: b"ef",
        value_options: "--encoding -g --gui -d --debugger",
        ..PLAIN
    },
    Interpreter {
        names: "gjs gjs-console",
        code_options: b"c",
        value_options: "-I --include-path -C --coverage-prefix --coverage-output",
        ..PLAIN
    },
    Interpreter {
        names: "pwsh",
        code_options: b"cCeE",
        value_options: "-ExecutionPolicy -ep -ConfigurationName -CustomPipeName -WindowStyle -WorkingDirectory \
                        -wd -OutputFormat -o -InputFormat -inp -Version -v",
        ..PLAIN
    },
    Interpreter { names: "raku perl6", code_options: b"e", value_options: "-I -M", attached: Some(b"IM"), ..PLAIN },
];

/// Options of any interpreter that mean the same as a short one with code, and R's before the arguments of a program from stdin.
const LONG_CODE_OPTIONS: [&[u8]; 5] = [b"--eval", b"--print", b"--interactive", b"--command", b"--args"];

/// Whether a program of this name (`python3.13`) runs scripts.
pub fn is_interpreter(name: &[u8]) -> bool {
    interpreter(name).is_some()
}

/// The script, archive, class or module that the interpreter `name` runs, given its `arguments` without its own name: the
/// first one that is no option and no option's value, so `app.jar` of `java -jar app.jar`, and `http.server` of
/// `python3 -m http.server`. `None` when `name` is no interpreter or runs no script.
pub fn script<'a>(name: &[u8], arguments: impl IntoIterator<Item = &'a [u8]>) -> Option<&'a [u8]> {
    let interpreter = interpreter(name)?;
    let mut arguments = arguments.into_iter();
    let mut may_be_command = true;
    let script = loop {
        let argument = arguments.next()?;
        match argument {
            _ if interpreter.has_r_file(argument) => break argument.strip_prefix(R_FILE)?,
            b"--" => break arguments.next()?,
            b"-" => return None,
            [b'-', ..] if interpreter.takes_code(argument) => return None,
            [b'-', ..] if interpreter.takes_value(argument) => _ = arguments.next()?,
            [b'-', cluster @ ..] if name.starts_with(b"py") && interpreter.module(cluster).is_some() => {
                break interpreter.module(cluster)?;
            }
            // Also a file of further arguments (java), and the switches that a shell turns off.
            [b'-' | b'@', ..] | [b'+', _] => {}
            command if may_be_command && is_in(interpreter.code_commands, command) => return None,
            command if may_be_command && is_in(interpreter.run_commands, command) => may_be_command = false,
            script => break script,
        }
    };
    // A folder (`node .`) or an open file (`bash /dev/fd/63`) tells nothing.
    Some(script).filter(|script| !script.ends_with(b"/") && !script.ends_with(b".") && !script.starts_with(b"/dev/fd/"))
}

fn interpreter(name: &[u8]) -> Option<&'static Interpreter> {
    let versionless = name.iter().rposition(|byte| !byte.is_ascii_digit() && *byte != b'.')?;
    let name = name.get(..=versionless)?;
    INTERPRETERS.iter().find(|interpreter| is_in(interpreter.names, name))
}

/// Whether `word` is among the words of `list`, which are separated by spaces.
fn is_in(list: &str, word: &[u8]) -> bool {
    !word.is_empty() && list.split(' ').any(|one| one.as_bytes() == word)
}

impl Interpreter {
    /// Whether `option` is R's for its script.
    fn has_r_file(&self, option: &[u8]) -> bool {
        is_in(self.names, b"R") && option.starts_with(R_FILE)
    }

    /// `-e`, `-eCODE`, `-lne` or `--eval=CODE`. In doubt the code is code: it must not be shown as a name.
    fn takes_code(&self, option: &[u8]) -> bool {
        let word = option.split(|&byte| byte == b'=').next().unwrap_or_default();
        let is_code = |letter: &u8| self.code_options.contains(letter);
        let is_long_value = option.len() > 2 && is_in(self.value_options, option);
        LONG_CODE_OPTIONS.contains(&word)
            || !is_long_value && option.get(1).is_some_and(is_code)
            || self.cluster(option).is_some_and(|letters| letters.iter().any(is_code))
    }

    /// Whether the value is the argument after `option`, which is a word or the last of a cluster.
    fn takes_value(&self, option: &[u8]) -> bool {
        let cluster = self.cluster(option).filter(|letters| letters.len() + 1 == option.len());
        let last = cluster.and_then(|letters| letters.last()).map(|&letter| [b'-', letter]);
        is_in(self.value_options, option) || last.is_some_and(|last| is_in(self.value_options, &last))
    }

    /// The letters of `-abc`, up to one whose value follows in the same word.
    fn cluster<'a>(&self, option: &'a [u8]) -> Option<&'a [u8]> {
        let (letters, attached) = (option.strip_prefix(b"-").filter(|rest| !rest.starts_with(b"-"))?, self.attached?);
        let end = letters.iter().position(|letter| attached.contains(letter)).map_or(letters.len(), |at| at + 1);
        letters.get(..end)
    }

    /// The module in the same word as Python's `-m`, also behind other letters: `-umMODULE`.
    fn module<'a>(&self, letters: &'a [u8]) -> Option<&'a [u8]> {
        let at = letters.iter().position(|letter| self.attached.is_some_and(|attached| attached.contains(letter)))?;
        letters.get(at + 1..).filter(|module| letters[at] == b'm' && !module.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_the_first_argument_that_is_no_option() {
        for (command, found) in [
            ("python3 x.py -c", Some("x.py")),
            ("python3.13 -u -W ignore -Xdev /srv/x.py a b", Some("/srv/x.py")),
            ("python3 -m http.server 8000", Some("http.server")),
            ("python3 -um http.server", Some("http.server")),
            ("python3 -mhttp.server 8000", Some("http.server")),
            ("python3 -c pass x.py", None),
            ("python3 -cpass x.py", None),
            ("python3 -Ic pass", None),
            ("python3 -", None),
            ("python3", None),
            ("python3 -W", None),
            ("pypy3 x.py", Some("x.py")),
            ("node --inspect --require ts-node/register server.js", Some("server.js")),
            ("node --import=tsx server.js", Some("server.js")),
            ("node -e 1 x.js", None),
            ("node --eval=1 x.js", None),
            ("node .", None),
            ("node ./", None),
            ("ruby -rdate -I lib x.rb", Some("x.rb")),
            ("perl -w -MPOSIX -I lib x.pl", Some("x.pl")),
            ("perl -lne print x.pl", None),
            ("perl -0pe s/secret// x.pl", None),
            ("perl -0777ne print x.pl", None),
            ("perl -lanF: -e print x.pl", None),
            ("ruby -0ne print x.rb", None),
            ("perl -CSDne print x.pl", None),
            ("ruby -W0e print x.rb", None),
            ("bash -euxlc curl", None),
            ("python3 -BIEsc pass", None),
            ("python3 -umhttp.server 8000", Some("http.server")),
            ("python3 -mcalendar", Some("calendar")),
            ("perl -Mstrict x.pl", Some("x.pl")),
            ("java --source 21 Main.java", Some("Main.java")),
            ("node --experimental-loader ts-node/esm server.js", Some("server.js")),
            ("perl -i.bak x.pl", Some("x.pl")),
            ("sh -eu x.sh", Some("x.sh")),
            ("bash -euo pipefail x.sh", Some("x.sh")),
            ("bash -lc make", None),
            ("bash +x -o pipefail -- x.sh", Some("x.sh")),
            ("bash --rcfile rc x.sh", Some("x.sh")),
            ("bash --rcfile", None),
            ("bash /dev/fd/63", None),
            ("java -Xmx2g -ea -cp a:b com.example.Main x", Some("com.example.Main")),
            ("java -Djava.awt.headless=true -jar app.jar x", Some("app.jar")),
            ("java -m a/b.C x", Some("a/b.C")),
            // The module is taken for an option alone.
            ("java --module=a/b.C x", Some("x")),
            ("java @options --add-opens a/b=c Main", Some("Main")),
            ("php -d x=1 artisan serve", Some("artisan")),
            ("php -S localhost:80", None),
            ("lua5.4 -e x=1 x.lua", Some("x.lua")),
            ("fish -d 3 x.fish", Some("x.fish")),
            ("fish -C ls x.fish", None),
            ("julia -t 4 x.jl", Some("x.jl")),
            ("julia -e pi x.jl", None),
            ("guile3.0 -e main -s x.scm", Some("x.scm")),
            ("tclsh8.6 x.tcl", Some("x.tcl")),
            ("cat x.py", None),
            ("pythonic x.py", None),
            ("123 x.py", None),
        ] {
            check(command, found);
        }
    }

    #[track_caller]
    fn check(command: &str, found: Option<&str>) {
        let mut words = command.split(' ').map(str::as_bytes);
        let name = words.next().unwrap();
        assert_eq!(script(name, words).map(|s| str::from_utf8(s).unwrap()), found, "{command}");
    }

    #[test]
    fn a_command_before_the_script_is_passed_over_and_code_is_never_shown() {
        for (command, found) in [
            ("bun x.ts", Some("x.ts")),
            ("bun run build", Some("build")),
            ("bun --watch run --preload p.ts ./server.ts --port 80", Some("./server.ts")),
            ("bun -e 1", None),
            ("bun --print 1", None),
            ("bun exec curl", None),
            ("deno run -A --config deno.json main.ts eval", Some("main.ts")),
            ("deno run --allow-net=localhost main.ts", Some("main.ts")),
            ("deno run run", Some("run")),
            ("deno task dev", Some("dev")),
            ("deno eval secret", None),
            ("deno main.ts", Some("main.ts")),
            ("dotnet /srv/app.dll --urls x", Some("/srv/app.dll")),
            ("dotnet exec --depsfile d.json --runtimeconfig r.json app.dll", Some("app.dll")),
            ("dotnet", None),
            ("mono --debug x.exe", Some("x.exe")),
            ("mono-sgen --config c /srv/x.exe", Some("/srv/x.exe")),
            ("Rscript --vanilla x.R", Some("x.R")),
            ("Rscript -e secret", None),
            ("R --no-echo --no-restore --file=/srv/x.R --args a", Some("/srv/x.R")),
            ("R --no-save", None),
            ("R --no-save --args secret", None),
            ("R -e secret", None),
            ("gjs -m /usr/bin/app", Some("/usr/bin/app")),
            ("gjs --command=secret", None),
            ("pwsh -NoProfile -File x.ps1", Some("x.ps1")),
            ("pwsh -ExecutionPolicy Bypass -File x.ps1", Some("x.ps1")),
            ("pwsh -Command secret", None),
            ("pwsh -ec secret", None),
            ("pwsh -EncodedCommand secret", None),
            ("raku -Ilib x.raku", Some("x.raku")),
            ("bundle x", None),
        ] {
            check(command, found);
        }
    }
}
