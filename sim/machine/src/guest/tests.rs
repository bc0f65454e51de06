//! Command lines and what comes of them.

use std::sync::Arc;

use hcs_rules::guest::{ConsoleSignal, GuestOs, Signal};
use hcs_rules::time::{MILLISECOND, SECOND};
use proptest::prelude::*;

use crate::guest::fake::{Guest, launch, linux, windows};
use crate::guest::program::{PROGRAMS, Program, flood_byte};
use crate::guest::script::Script;
use crate::guest::{Launch, Output};
use crate::time::Time;

/// More runs than any test needs.
const MANY: u64 = 100_000;
const LATER: Time = Time(1_000_000 * SECOND);

/// Runs a command line with this input, to its end or until nothing happens any more.
fn run(launch: &Launch, input: &str) -> Guest {
    let mut guest = Guest::new(launch);
    guest.input = input.bytes().collect();
    guest.run(LATER, MANY);
    guest
}

fn cmd(line: &str) -> Launch {
    windows(&format!("cmd /c {line}"))
}

fn sh(text: &str) -> Launch {
    launch(GuestOs::Linux, &["sh", "-c", text])
}

/// Checks standard output, standard error and the exit code.
#[track_caller]
fn check(launch: &Launch, input: &str, out: &str, err: &str, code: u32) {
    let guest = run(launch, input);
    assert_eq!((guest.out().as_str(), guest.err().as_str(), guest.code()), (out, err, Some(code)), "{launch:?}");
}

/// Checks which whole seconds it takes.
#[track_caller]
fn takes(launch: &Launch, seconds: u64) {
    let mut guest = run(launch, "");
    assert!(guest.code().is_some(), "{launch:?}");
    // What goes beyond are the steps.
    assert_eq!(guest.now.0 / SECOND, seconds, "{launch:?}");
    assert!(guest.now.0 % SECOND < 10 * MILLISECOND, "{launch:?}");
    guest.run(LATER, MANY);
}

#[test]
fn every_program_is_found_by_its_name() {
    for provided in PROGRAMS {
        for os in GuestOs::ALL {
            let found = Program::of(&launch(*os, &[provided.name])).is_some();
            assert_eq!(found, provided.oses.contains(*os), "{} on {os:?}", provided.name);
        }
        assert!(provided.usage.starts_with(provided.name));
    }
    assert_eq!(Program::of(&windows("nosuch")), None);
    assert_eq!(Program::of(&windows("")), None);
    assert!(Program::of(&windows(r#""C:\Windows\System32\PING.EXE" x"#)).is_some());
}

#[test]
fn cmd_runs_commands() {
    for (line, out, err, code) in [
        ("echo hi", "hi\r\n", "", 0),
        ("exit 42", "", "", 42),
        ("exit -1", "", "", u32::MAX),
        ("exit /b 5", "", "", 5),
        ("echo.", "\r\n", "", 0),
        ("echo:a", "a\r\n", "", 0),
        ("echo", "ECHO is on.\r\n", "", 0),
        ("echo a^&b ^\"c", "a&b \"c\r\n", "", 0),
        (r#""echo a & echo b""#, "a \r\nb\r\n", "", 0),
        (r#"echo "a & b""#, "\"a & b\"\r\n", "", 0),
        (
            "nosuch",
            "",
            "'nosuch' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n",
            1,
        ),
        ("nosuch 2>nul & call echo %^errorlevel%", "9009\r\n", "", 0),
        ("nosuch 2>nul || echo no", "no\r\n", "", 0),
        ("nosuch 2>NUL && echo yes", "", "", 1),
        ("echo a&& echo b|| echo c", "a\r\nb\r\n", "", 0),
        ("set x=1&& echo %x%", "%x%\r\n", "", 0),
        ("set x=1&& call echo %^x%", "1\r\n", "", 0),
        ("set x=1&& set X", "x=1\r\n", "", 0),
        ("set \"x=a b\"& set x", "x=a b\r\n", "", 0),
        ("set x", "", "Environment variable x not defined\r\n", 1),
        ("set /a 1+2*(3-1)", "5", "", 0),
        ("set /a x=7, x+=3", "10", "", 0),
        ("set /a 1/0", "", "Divide by zero error.\r\n", 1_073_750_993),
        ("set /a 2147483647+1", "-2147483648", "", 0),
        ("echo %home% %nosuch% %CD%", "/root %nosuch% C:\\\r\n", "", 0),
        ("cd tmp & cd", "C:\\tmp\r\n", "", 0),
        ("cd nosuch", "", "The system cannot find the path specified.\r\n", 1),
        ("cd", "C:\\\r\n", "", 0),
        ("echo one>f& echo two>>f& type f", "one\r\ntwo\r\n", "", 0),
        ("type nosuch", "", "The system cannot find the file specified.\r\n", 1),
        ("echo a>f & del f & if exist f (echo there) else (echo gone)", "gone\r\n", "", 0),
        ("del f", "Could Not Find C:\\f\r\n", "", 0),
        ("echo a 1>&2", "", "a \r\n", 0),
        ("(echo a& echo b)>f& type f", "a\r\nb\r\n", "", 0),
        (
            "nosuch 2>f || type f",
            "'nosuch' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n",
            "",
            0,
        ),
        ("if a==a echo yes", "yes\r\n", "", 0),
        ("if not \"a\"==\"A\" echo other", "other\r\n", "", 0),
        ("if /i \"a\"==\"A\" echo same", "same\r\n", "", 0),
        ("if 10 gtr 9 (echo more) else echo less", "more\r\n", "", 0),
        ("if defined nosuch (echo a) else if defined home echo b", "b\r\n", "", 0),
        ("if errorlevel 1 echo bad", "", "", 0),
        ("for %i in (a b c) do @echo %i", "a\r\nb\r\nc\r\n", "", 0),
        ("for /l %i in (3,-1,1) do @(echo %i & if %i==2 echo two)", "3 \r\n2 \r\ntwo\r\n1 \r\n", "", 0),
        ("for %i in (\"a b\") do echo %~i", "a b\r\n", "", 0),
        ("rem nothing & echo b", "", "", 0),
        ("ver", "\r\nMicrosoft Windows [Version 10.0.1.2]\r\n", "", 0),
        ("cmd /c exit 7", "", "", 7),
        ("cmd /c exit 7 & call exit %^errorlevel%", "", "", 7),
        ("set x=1& cmd /c set x", "x=1\r\n", "", 0),
        ("start /b cmd /c echo child", "child\r\n", "", 0),
        ("start nosuch", "", "The system cannot find the file nosuch.\r\n", 9059),
        ("hostname & whoami", "guest\r\nuser manager\\containeradministrator\r\n", "", 0),
        ("sim-crash", "", "", 0xC000_0005),
        ("sim-crash 0xC0000409", "", "", 0xC000_0409),
        ("(", "", "The syntax of the command is incorrect.\r\n", 255),
        ("&& a", "", "& was unexpected at this time.\r\n", 255),
        ("timeout /t 5", "", "ERROR: Input redirection is not supported, exiting the process immediately.\r\n", 1),
    ] {
        check(&cmd(line), "", out, err, code);
    }
    check(&windows("cmd /s /c \"echo a\""), "", "a\r\n", "", 0);
    check(&windows("cmd /q/d/c echo a"), "", "a\r\n", "", 0);
    check(&cmd("set /p x=name: & call echo %^x%"), "me\r\n", "name: me\r\n", "", 0);
    check(
        &Launch { application: Some("C:\\Windows\\System32\\cmd.exe".into()), ..windows("/c echo a") },
        "",
        "a\r\n",
        "",
        0,
    );
    check(&launch(GuestOs::Windows, &["cmd", "/c", "echo", "a"]), "", "a\r\n", "", 0);
}

#[test]
fn cmd_reads_lines() {
    check(&windows("cmd"), "echo a\r\n\r\necho b\nexit 3\r\necho c\r\n", "a\r\nb\r\n", "", 3);
    check(&windows("cmd /k echo k"), "echo a", "k\r\na\r\n", "", 0);
    check(&windows("cmd"), "set x=1\r\necho %x%\r\nif %x%==1 (\r\necho y\r\n)\r\n", "1\r\ny\r\n", "", 0);
    check(&windows("cmd"), "nosuch 2>nul\r\n", "", "", 9009);
    check(&windows("cmd"), "|\r\necho %errorlevel%\r\nexit\r\n", "255\r\n", "| was unexpected at this time.\r\n", 255);
}

#[test]
fn sh_runs_commands() {
    for (text, out, err, code) in [
        ("echo hi", "hi\n", "", 0),
        ("exit 300", "", "", 44),
        ("echo -n a; echo b # c", "ab\n", "", 0),
        ("nosuch", "", "sh: 1: nosuch: not found\n", 127),
        ("false || echo no && echo so", "no\nso\n", "", 0),
        ("! true; echo $?", "1\n", "", 0),
        ("cd /tmp; echo $PWD; PWD=here; echo $PWD", "/tmp\nhere\n", "", 0),
        ("X=1; echo \"$X${X}\" '$X' \\$X $Y.", "11 $X $X .\n", "", 0),
        ("X='a  b'; echo $X \"$X\"; echo ${Y:-none} ${X:+some}", "a b a  b\nnone some\n", "", 0),
        ("A=1 env; echo $A.", "A=1\nHOME=/root\n.\n", "", 0),
        ("export A=2; B=3; env; unset A; echo $A.", "A=2\nHOME=/root\n.\n", "", 0),
        ("printf '%s-%d\\n' a 1 b 2; printf '100%%\\n'", "a-1\nb-2\n100%\n", "", 0),
        ("cd /tmp && pwd; cd nosuch", "/tmp\n", "sh: 1: cd: can't cd to nosuch\n", 2),
        ("echo one > f; echo two >> f; cat f; rm f; cat f", "one\ntwo\n", "cat: f: No such file or directory\n", 1),
        ("echo e >&2; nosuch 2>/dev/null", "", "e\n", 127),
        ("{ echo a; nosuch; } > f 2>&1; cat f", "a\nsh: 1: nosuch: not found\n", "", 0),
        ("cat < nosuch", "", "sh: 1: cannot open nosuch: No such file\n", 2),
        ("echo 'a b' > f; echo c >> f; while read x y; do echo $y-$x; done < f", "b-a\n-c\n", "", 0),
        ("if [ a = b ]; then echo 1; elif test 2 -gt 1; then echo 2; else echo 3; fi", "2\n", "", 0),
        ("[ -n '' ] || [ -d /tmp ] && [ ! -f /x ] && echo ok", "ok\n", "", 0),
        ("for i in a 'b c' d; do echo \"<$i>\"; done", "<a>\n<b c>\n<d>\n", "", 0),
        ("i=0; while [ $i -lt 3 ]; do i=$((i+1)); [ $i = 2 ] && continue; echo $i; done", "1\n3\n", "", 0),
        ("for i in 1 2 3; do for j in a b; do [ $i$j = 2b ] && break 2; echo $i$j; done; done", "1a\n1b\n2a\n", "", 0),
        ("i=0; until [ $i = 2 ]; do i=$((i + 1)); done; echo $i $?", "2 0\n", "", 0),
        ("(X=1; cd /tmp; exit 3); echo $? $X. $(( 1 + 2 * 3 ))", "3 . 7\n", "", 0),
        ("X=1; eval 'echo $X'; set -- a b; echo $# $1 \"$@\"; shift; echo $*", "1\n2 a a b\nb\n", "", 0),
        ("sleep 5 & kill $!; wait $!; echo $?", "143\n", "", 0),
        ("sleep 5 & kill -9 $!; wait; echo $?", "0\n", "", 0),
        ("{ sleep 1; echo late; } & echo early; wait", "early\nlate\n", "", 0),
        ("trap 'echo bye' EXIT; exit 4", "bye\n", "", 4),
        ("trap 'echo got' TERM; kill $$; echo on", "got\non\n", "", 0),
        ("trap '' TERM; kill -TERM $$; echo on", "on\n", "", 0),
        ("kill $$; echo on", "", "", 143),
        ("kill 99999", "", "sh: 1: kill: No such process\n", 1),
        ("sim-crash; echo $?", "139\n", "", 0),
        ("sim-crash 6", "", "", 134),
        ("exec echo a; echo b", "a\n", "", 0),
        ("exec > f; echo a; exec cat f", "", "", 0),
        ("set -e; false || true; if false; then :; fi; ! true; echo a; false; echo b", "a\n", "", 1),
        ("echo 'unfinished", "", "sh: 1: Syntax error: end of file unexpected\n", 2),
        ("echo a; fi", "", "sh: 1: Syntax error: \"fi\" unexpected\n", 2),
        ("echo a | cat", "", "sh: 1: not modelled: a pipeline\n", 2),
        ("echo $(x)", "", "sh: 1: not modelled: command substitution\n", 2),
        ("f() { :; }", "", "sh: 1: not modelled: functions\n", 2),
        ("echo $((1/0)); echo on", "", "sh: 1: arithmetic expression: division by zero\n", 2),
        ("env A=1 sh -c 'echo $A $0 $1' x y", "1 x y\n", "", 0),
        ("whoami; hostname; printenv HOME", "root\nguest\n/root\n", "", 0),
        ("true && echo a\n# comment\necho b &\nwait", "a\nb\n", "", 0),
        ("echo * a#b", "* a#b\n", "", 0),
    ] {
        check(&sh(text), "", out, err, code);
    }
    check(&linux("sh -c 'echo $0 $1' a b"), "", "a b\n", "", 0);
    check(&linux("/bin/bash -c nosuch"), "", "", "bash: 1: nosuch: not found\n", 127);
    check(&sh("read a b; echo $b; cat"), "x y z\nrest\nmore", "y z\nrest\nmore", "", 0);
}

#[test]
fn sh_reads_lines() {
    check(&linux("sh"), "echo a\nif true\nthen echo b\nfi\nexit 3\necho c\n", "a\nb\n", "", 3);
    // What a child reads the shell does not.
    check(&linux("sh"), "cat\necho a\n", "echo a\n", "", 0);
    check(&linux("sh"), "nosuch\n", "", "sh: 1: nosuch: not found\n", 127);
    check(&linux("sh"), "if true\n", "", "sh: 1: Syntax error: end of file unexpected\n", 2);
}

#[test]
fn things_take_their_time() {
    takes(&cmd("ping -n 4 host"), 3);
    takes(&cmd("ping localhost >nul & ping -n 2 x"), 4);
    takes(&cmd("for /l %i in (1,1,3) do ping -n 2 x > nul"), 3);
    takes(&linux("sleep 1.5m 30"), 120);
    takes(&sh("sleep 2 & sleep 3; wait"), 3);
    takes(&sh("ping -c 3 x"), 2);
    let guest = run(&windows("ping -n 1 ::1"), "");
    assert!(guest.out().contains("Reply from ::1: bytes=32 time<1ms TTL=128\r\n\r\nPing statistics"));
    let mut guest = Guest::new(&windows("ping -t host"));
    guest.run(Time(10 * SECOND + SECOND / 2), MANY);
    assert_eq!((guest.out().matches("Reply").count(), guest.code()), (11, None));
}

#[test]
fn timeout_counts_down_on_a_console() {
    let mut guest = Guest::new(&windows("timeout /t 3"));
    guest.console = Some((80, 25));
    guest.open = true;
    guest.run(LATER, MANY);
    assert_eq!((guest.code(), guest.now.0 / SECOND), (Some(0), 3));
    let mut guest = Guest::new(&windows("timeout 99"));
    guest.console = Some((80, 25));
    guest.open = true;
    guest.run(Time(SECOND), MANY);
    guest.input.push_back(b' ');
    guest.run(Time(2 * SECOND), MANY);
    assert_eq!(guest.code(), Some(0));
}

#[test]
fn prompts_are_for_consoles() {
    let mut guest = Guest::new(&windows("cmd"));
    guest.console = Some((80, 25));
    guest.open = true;
    guest.input.extend(b"cd tmp\r(\r\necho a\r)\r");
    guest.run(LATER, MANY);
    assert_eq!(guest.out(), "C:\\>C:\\tmp>More? More? a\r\nC:\\tmp>");
    let mut guest = Guest::new(&linux("sh"));
    guest.console = Some((80, 25));
    guest.open = true;
    guest.input.extend(b"echo a\r");
    guest.run(LATER, MANY);
    assert_eq!(guest.out(), "# a\n# ");
}

const CTRL_C: Signal = Signal::Console(ConsoleSignal::CtrlC);

/// Runs for a second, sends a signal, runs on.
fn interrupted(launch: &Launch, signal: Signal) -> Guest {
    let mut guest = Guest::new(launch);
    guest.open = true;
    guest.run(Time(SECOND), MANY);
    guest.send(guest.first(), Some(signal));
    guest.run(LATER, MANY);
    guest
}

#[test]
fn signals() {
    let term = Signal::Number(15);
    for (launch, signal, out, code) in [
        (cmd("ping -t x > nul"), CTRL_C, "", Some(0xC000_013A)),
        (windows("cmd"), CTRL_C, "", None),
        (windows("cmd"), Signal::Console(ConsoleSignal::CtrlShutdown), "", Some(0xC000_013A)),
        (windows("sim-idle"), CTRL_C, "", Some(0xC000_013A)),
        (windows("sim-stubborn"), CTRL_C, "", None),
        (windows("sim-stubborn"), Signal::Console(ConsoleSignal::CtrlClose), "", Some(0xC000_013A)),
        (windows("sim-echo-signals"), CTRL_C, "CtrlC\r\n", None),
        (linux("sim-echo-signals"), Signal::Number(40), "40\n", None),
        (linux("sim-echo-signals"), term, "SIGTERM\n", None),
        (linux("sim-stubborn"), term, "", None),
        (linux("sleep infinity"), term, "", Some(143)),
        (linux("pause"), Signal::Number(17), "", None),
        (sh("sleep 100"), term, "", Some(143)),
        (sh("exec sleep 100"), term, "", Some(143)),
        (sh("sim-stubborn > /dev/null"), term, "", None),
        (sh("sim-echo-signals; true"), term, "", Some(143)),
        (sh("sim-echo-signals"), term, "SIGTERM\n", None),
        (sh("trap 'echo a; exit 5' TERM; sleep 100"), term, "a\n", Some(5)),
        (sh("trap 'echo a' TERM; sleep 100 & wait $!; echo $?"), term, "a\n143\n", Some(0)),
        (sh("trap 'echo a' TERM; read x; echo $?"), term, "a\n143\n", Some(0)),
        (sh("trap 'echo a' USR1; while :; do sleep 1; done"), Signal::Number(10), "a\n", None),
    ] {
        let guest = {
            let mut guest = Guest::new(&launch);
            guest.open = true;
            guest.run(Time(SECOND), MANY);
            guest.send(guest.first(), Some(signal));
            guest.run(Time(500 * SECOND), MANY);
            guest
        };
        assert_eq!((guest.out().as_str(), guest.code()), (out, code), "{launch:?} {signal:?}");
    }
}

#[test]
fn a_prompt_survives_and_passes_the_interruption_on() {
    let mut guest = Guest::new(&windows("cmd"));
    guest.open = true;
    guest.input.extend(b"ping -t x > nul\r\necho %errorlevel%\r\n");
    guest.run(Time(3 * SECOND), MANY);
    guest.send(guest.first(), Some(CTRL_C));
    guest.run(Time(4 * SECOND), MANY);
    assert_eq!(guest.alive(), ["cmd.exe"]);
    assert_eq!(guest.out(), "0\r\n");
    // A trap waits for a child in front of the shell, and does not end it.
    let guest = interrupted(&sh("trap 'echo got' TERM; sleep 10; echo after"), Signal::Number(15));
    assert_eq!((guest.out().as_str(), guest.now.0 / SECOND), ("got\nafter\n", 10));
}

#[test]
fn trouble_is_made() {
    let guest = run(&windows("sim-fork 3"), "");
    assert_eq!((guest.code(), guest.alive()), (Some(0), vec!["sim-idle.exe".to_owned(); 3]));
    let guest = run(&linux("sim-fork 2 sh -c 'echo a'"), "");
    assert_eq!((guest.code(), guest.out().as_str()), (Some(0), "a\na\n"));
    let guest = run(&linux("sim-flood 100000 7 --err"), "");
    assert_eq!(guest.code(), Some(0));
    assert_eq!(guest.read[Output::Err as usize], (0..100_000).map(|at| flood_byte(7, at)).collect::<Vec<_>>());
    let mut guest = Guest::new(&windows("sim-flood"));
    guest.run(Time(SECOND), 1001);
    assert_eq!((guest.code(), guest.out().len()), (None, hcs_rules::guest::PIPE_CAPACITY * 1000));
    guest.broken = true;
    guest.run(LATER, MANY);
    assert_eq!(guest.code(), Some(1));
    let mut guest = Guest::new(&windows("sim-size"));
    guest.input.extend(b"\n");
    guest.open = true;
    guest.run(LATER, MANY);
    guest.console = Some((120, 30));
    guest.input.extend(b"\n");
    guest.open = false;
    guest.run(LATER, MANY);
    assert_eq!((guest.out().as_str(), guest.code()), ("no console\r\nno console\r\n120x30\r\n", Some(0)));
}

#[test]
fn a_broken_pipe_ends_a_program_quietly() {
    for (launch, code) in
        [(sh("while :; do echo a; done"), 141), (linux("ping x"), 141), (cmd("for /l %i in (1,0,1) do echo a"), 1)]
    {
        let mut guest = Guest::new(&launch);
        guest.run(Time(SECOND), 1000);
        assert_eq!(guest.code(), None);
        guest.broken = true;
        guest.run(LATER, MANY);
        assert_eq!((guest.code(), guest.err().as_str()), (Some(code), ""), "{launch:?}");
    }
}

#[test]
fn what_is_not_modelled_is_recorded() {
    for launch in [
        cmd("a | b"),
        cmd("dir"),
        cmd("for /f %i in (x) do y"),
        cmd("echo %RANDOM%"),
        cmd("set x=12& call echo %^x:~0,1%"),
        cmd("goto x"),
        cmd("type a b"),
        cmd("ping -r x"),
        cmd("set /a 1<<2"),
        sh("a | b"),
        sh("`x`"),
        sh("cat <<E\nE"),
        sh("case x in esac"),
        sh("printf %x 1"),
        sh("kill -0 1"),
        linux("tail x"),
        linux("rm -r x"),
        linux("sh -x"),
    ] {
        let guest = run(&launch, "");
        assert_eq!(guest.unmodelled.len(), 1, "{launch:?} {:?}", guest.unmodelled);
        assert!(!guest.err().is_empty());
        assert!(guest.code().is_some_and(|code| code > 0), "{launch:?}");
    }
}

/// Runs a script on Windows with this input.
fn script(text: &str, input: &str) -> Guest {
    let launch = windows("sim-idle");
    let mut guest = Guest::new(&launch);
    guest.set_program(Program::script(Arc::new(Script::parse(text).unwrap()), &launch));
    guest.input = input.bytes().collect();
    guest.open = true;
    guest
}

#[test]
fn scripts_do_as_they_say() {
    for (text, input, out, err, code, seconds) in [
        ("", "", "", "", Some(0), 0),
        ("stdout \"a\\tb\\\"\\\\\"; stderr -n x; exit 3; stdout y", "", "a\tb\"\\\n", "x", Some(3), 0),
        ("after 1500ms; after 0.5s; exit 0xC0000005", "", "", "", Some(0xC000_0005), 2),
        ("stdout a; after 1s after 1s stdout b; after 1s repeat 2 (stdout c)", "", "a\nb\nc\nc\n", "", Some(0), 3),
        ("crash 7", "", "", "", Some(7), 0),
        ("exit -1", "", "", "", Some(u32::MAX), 0),
        ("read; stdout got", "x\n", "got\n", "", Some(0), 0),
        ("read; stdout got", "", "", "", None, 0),
        ("expect \"go on\"; stdout ok", "go on\r\n", "ok\n", "", Some(0), 0),
        ("expect go", "stop\n", "", "expected \"go\", got \"stop\"\n", Some(1), 0),
        ("forever", "", "", "", None, 0),
        ("repeat 2 (stdout a; repeat 3 (stdout -n b); after 1s)", "", "a\nbbba\nbbb", "", Some(0), 2),
        ("repeat 0 (stdout a); stdout b", "", "b\n", "", Some(0), 0),
        (
            "run cmd /c \"echo a\"; stdout b; spawn ping -n 2 x; exit 0",
            "",
            "a\r\nb\n\r\nPinging x with 32 bytes of data:\r\nReply from x: bytes=32 time<1ms TTL=128\r\nReply from x: bytes=32 time<1ms TTL=128\r\n\r\nPing statistics for x:\r\n    Packets: Sent = 2, Received = 2, Lost = 0 (0% loss),\r\nApproximate round trip times in milli-seconds:\r\n    Minimum = 0ms, Maximum = 0ms, Average = 0ms\r\n",
            "",
            Some(0),
            1,
        ),
        ("run nosuch", "", "", "no such program: nosuch\n", Some(1), 0),
    ] {
        let mut guest = script(text, input);
        guest.run(LATER, MANY);
        assert_eq!((guest.out().as_str(), guest.err().as_str(), guest.code()), (out, err, code), "{text}");
        assert_eq!(guest.now.0 / SECOND, seconds, "{text}");
    }
    let mut guest = script("flood 5000; cat", "abc");
    guest.open = false;
    guest.run(LATER, MANY);
    assert_eq!(guest.read[0].len(), 5003);
    let mut guest = script("on CtrlC stdout hey; on any exit 9; after 10s", "");
    guest.run(Time(SECOND), MANY);
    guest.send(guest.first(), Some(CTRL_C));
    guest.run(Time(2 * SECOND), MANY);
    assert_eq!((guest.out().as_str(), guest.code()), ("hey\n", None));
    guest.send(guest.first(), Some(Signal::Console(ConsoleSignal::CtrlBreak)));
    guest.run(Time(2 * SECOND), MANY);
    assert_eq!(guest.code(), Some(9));
    let mut guest = script("ignore signals; after 3s; exit 2", "");
    guest.run(Time(SECOND), MANY);
    guest.send(guest.first(), Some(CTRL_C));
    guest.run(LATER, MANY);
    assert_eq!((guest.code(), guest.now.0 / SECOND), (Some(2), 3));
}

#[test]
fn scripts_that_are_none() {
    for (text, error) in [
        ("say x", "no such step: `say x`"),
        ("stdout \"x", "a text does not end"),
        ("stdout \"\\q\"", "no such escape: \\q"),
        ("after long", "`after long`: not a length of time"),
        ("repeat x (read)", "`repeat x`: not a number"),
        ("repeat 2", "it is `repeat N ( ... )`"),
        ("repeat 2 (read", "a `(` without its `)`"),
        ("read)", "a `)` without its `(`"),
        ("(read)", "a `(` belongs behind `repeat N`"),
        ("repeat 2 (read) read", "a `;` is missing behind `repeat 2`"),
        ("on Sunday exit 1", "`on Sunday`: no such signal"),
        ("on CtrlC read", "no such step: `read`"),
        ("exit x", "not a code: `x`"),
        ("after 3s read exit 1", "no such step: `read exit 1`"),
    ] {
        assert_eq!(Script::parse(text).unwrap_err(), error, "{text}");
    }
    assert!(Script::parse(&"repeat 1 (".repeat(1000)).is_err());
    assert!(Script::parse(&"x".repeat(100_000)).is_err());
}

#[test]
fn long_and_deep_lines_are_refused_or_run() {
    for text in [
        "(".repeat(30_000),
        "( ".repeat(30_000),
        "if a==a ".repeat(5_000),
        "a &&".repeat(9_000),
        "a;".repeat(9_000),
        "a&".repeat(9_000),
        "! ".repeat(9_000),
        "{ ".repeat(9_000),
        "\"".repeat(9_001),
        "${a-".repeat(9_000),
        "$((".repeat(9_000),
        "if true; then ".repeat(3_000),
        "%a".repeat(4_000),
        "^".repeat(8_001),
        "eval ".repeat(9_000),
        "call ".repeat(1_600),
        "x=1; x=$x$x; x=$x$x; x=$x$x;".repeat(900),
        format!("[ {} a ]", "! ".repeat(9_000)),
    ] {
        run(&cmd(&text), "");
        run(&sh(&text), "");
        let mut guest = Guest::new(&windows("cmd"));
        guest.input = text.bytes().collect();
        guest.run(LATER, 20);
    }
    check(
        &sh("x='eval \"$x\"'; eval \"$x\""),
        "",
        "",
        "sh: 1: not modelled: texts that run so deep within each other\n",
        2,
    );
}

/// Words and signs out of which command lines are thrown together.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => proptest::sample::select(vec![
            "echo", "set", "x", "=", "1", "if", "else", "==", "for", "%i", "in", "do", "done", "then", "fi", "while",
            "true", "false", "read", "exit", "trap", "'", "\"", "$", "$x", "${", "}", "{", "(", ")", "$((", "))", "&", "|",
            ";", ">", "<", "2>&1", "f", "nul", "%x%", "%", "^", "\\", "/c", "sh", "cmd", "-c", "sleep", "ping", "-n",
            "cat", "env", "start", "call", "eval", "kill", "$!", "wait", "sim-fork", "sim-flood", "sim-crash", "/l", "[",
            "]", "!", "\n", "set /a", "type", "cd", "..", "exec", "break", "/p", "export", "TERM", "%~i", "type f",
        ]).prop_map(str::to_owned),
        1 => "\\PC{0,4}",
    ];
    proptest::collection::vec((piece, any::<bool>()), 0..25)
        .prop_map(|pieces| pieces.into_iter().map(|(piece, blank)| if blank { piece + " " } else { piece }).collect())
}

fn any_launch() -> impl Strategy<Value = Launch> {
    (pieces(), 0..6_usize).prop_map(|(text, how)| match how {
        0 => cmd(&text),
        1 => sh(&text),
        2 => windows(&format!("cmd {text}")),
        3 => linux(&format!("sh {text}")),
        4 => windows(&format!("{} {text}", PROGRAMS[text.len() % PROGRAMS.len()].name)),
        _ => linux(&format!("{} {text}", PROGRAMS[text.len() % PROGRAMS.len()].name)),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever is asked for: nothing panics, nothing loops in no time, small pipes lose nothing, and a clone goes the
    /// same way.
    #[test]
    fn whatever_is_asked_for(launch in any_launch(), input in pieces(), signal in 1_u8..32) {
        launch.image();
        if Program::of(&launch).is_none() {
            return Ok(());
        }
        let mut guest = Guest::new(&launch);
        guest.input = input.bytes().collect();
        let mut small = guest.clone();
        small.room = 3;
        guest.run(Time(SECOND / 10), 300);
        let mut other = guest.clone();
        let signal = if launch.os == GuestOs::Windows { CTRL_C } else { Signal::Number(signal) };
        for guest in [&mut guest, &mut other] {
            guest.run(Time(SECOND / 5), 300);
            guest.send(guest.first(), Some(signal));
            guest.run(Time(SECOND / 2), 300);
        }
        prop_assert!(guest == other);
        // In half a second there are fewer steps than this for each process.
        prop_assert!(guest.runs < MANY);
        if guest.code().is_some() {
            small.run(Time(SECOND), 3_000);
            let shortest = small.read[0].len().min(guest.read[0].len());
            prop_assert_eq!(&small.read[0][..shortest], &guest.read[0][..shortest]);
        }
    }

    #[test]
    fn a_small_pipe_loses_nothing(text in pieces(), windows in any::<bool>()) {
        let launch = if windows { cmd(&format!("echo begin& type f& {text}")) } else { sh(&format!("echo begin; {text}")) };
        let mut large = Guest::new(&launch);
        let mut small = large.clone();
        small.room = 3;
        large.run(Time(SECOND), 500);
        small.run(Time(SECOND), 20_000);
        let mut nudged = Guest::new(&launch);
        for _ in 0..50 {
            nudged.run(Time(SECOND), 10);
            nudged.nudge();
        }
        nudged.run(Time(SECOND), 500);
        // Processes beside each other may write in another order.
        if large.code().is_some() && small.code().is_some() && !text.contains(['&']) && !text.contains("start") && !text.contains("fork") {
            prop_assert_eq!(&small.read, &large.read);
            prop_assert_eq!(small.code(), large.code());
            prop_assert_eq!(&nudged.read, &large.read);
            prop_assert_eq!(nudged.code(), large.code());
        }
    }

    #[test]
    fn whatever_is_a_script(text in "([a-z]{1,6}|[0-9]|on any|repeat|stdout|after|flood|spawn|[;()\"\\\\ ]){0,12}", parts in proptest::collection::vec(0..14_usize, 0..12)) {
        let _ = Script::parse(&text);
        let steps = ["stdout a", "stderr b", "after 1ms", "read", "expect x", "cat", "flood 9", "repeat 3 (", ")", "on any stdout s",
            "ignore signals", "spawn ping x", "run cmd /c echo", "forever"];
        let text: String = parts.iter().flat_map(|part| [steps[*part], if *part == 7 { "" } else { ";" }]).collect();
        if let Ok(script) = Script::parse(&text) {
            let launch = windows("sim-idle");
            let mut guest = Guest::new(&launch);
            guest.set_program(Program::script(Arc::new(script), &launch));
            guest.input.extend(b"x\ny\n");
            let mut small = guest.clone();
            small.room = 3;
            guest.run(Time(SECOND), MANY);
            small.run(Time(SECOND), MANY);
            prop_assert!(guest.runs < MANY);
            prop_assert_eq!(guest.code(), small.code());
        }
    }
}
