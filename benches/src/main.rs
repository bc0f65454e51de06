//! How fast the double is. `cargo run --release -p hcs-benches` prints every figure, its aim, and ratios from one run.

use std::hint::black_box;
use std::time::{Duration, Instant};

use hcs_api::Hcs;
use hcs_benches::storage::{grant_and_revoke, import, layered, populated_files, put_file, scratch, staged};
use hcs_benches::{
    container, create, crowd, document, life, populated, populated_host, pour, pour_through_a_pipe, query, refused,
    ring, run, touch,
};
use hcs_machine::document::{Document, check};
use hcs_machine::{Host, Time};
use hcs_rules::build::Build;
use hcs_rules::document::Root;
use hcs_sim::{Clock, Simulator};
use hcs_sim_dll_workloads::Container;

/// How long one figure is measured. The best of several rounds is printed: the machine is shared.
const ROUND: Duration = Duration::from_millis(150);
const ROUNDS: u32 = 5;

/// Nanoseconds a call of `work`, best round.
fn measure(mut work: impl FnMut()) -> f64 {
    work();
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let mut count = 0_u32;
        while began.elapsed() < ROUND {
            for _ in 0..16 {
                work();
            }
            count += 16;
        }
        best = best.min(began.elapsed().as_nanos() as f64 / f64::from(count));
    }
    best
}

/// The same for work that takes milliseconds.
fn measure_once(mut work: impl FnMut()) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let began = Instant::now();
        work();
        best = best.min(began.elapsed().as_nanos() as f64);
    }
    best
}

fn show(what: &str, nanoseconds: f64, aim: &str) {
    let figure = match nanoseconds {
        n if n < 1_000.0 => format!("{n:.0} ns"),
        n if n < 1_000_000.0 => format!("{:.2} us", n / 1e3),
        n => format!("{:.2} ms", n / 1e6),
    };
    println!("{what:<52} {figure:>12} {:>14.0} /s  {aim}", 1e9 / nanoseconds);
}

fn main() {
    println!("{:<52} {:>12} {:>14}     aim", "workload", "each", "rate");
    let mut lives = Vec::new();
    for residents in [0, 100, 10_000, 100_000] {
        let (_simulator, client) = populated(residents);
        let each = measure(|| assert!(life(&client)));
        show(&format!("life with {residents} residents (JSON, 17 calls)"), each, "50,000 /s");
        lives.push(each);
    }
    println!("{:<52} {:>12.2} x", "  10,000 residents against none; aim at most 1.3", lives[2] / lives[0]);
    println!("{:<52} {:>12.2} x", "  100,000 residents against none", lives[3] / lives[0]);

    show("fresh world (simulator and client)", measure(|| drop(black_box(Simulator::default().client("c")))), "10 us");
    show("fresh host", measure(|| drop(black_box(Host::new(Build::SERVER_2022)))), "");
    let host = populated_host(100_000);
    show("clone of a host of 100,000", measure(|| drop(black_box(host.clone()))), "microseconds");
    let touched = measure(|| {
        let mut fork = host.clone();
        touch(&mut fork);
        black_box(fork);
    });
    show("clone of a host of 100,000, then a call", touched, "microseconds");
    drop(host);
    files();
    layers();

    let (_simulator, client) = populated(1);
    let system = create(&client, "asked");
    show("query (operation, call, wait, close)", measure(|| assert!(query(&client, system))), "");
    assert!(!refused(&client, system), "the first start is none that is refused");
    show("error path (a start refused by state)", measure(|| assert!(refused(&client, system))), "");

    processes();

    let free = Simulator::builder().clock(Clock::Free(1.0)).start();
    let plain = free.client("plain");
    let operation = plain.create_operation(None);
    let direct = measure(|| _ = black_box(plain.get_operation_type(operation)));
    show("a call in Rust (get operation type)", direct, "");
    abi(direct);

    let more = r#""ComPorts": { "0": { "NamedPipe": "\\\\.\\pipe\\a-console" } }, "VideoMonitor": {}, "Keyboard": {}, "Mouse": {},"#;
    let longer = document().replace(r#""GuestCrashReporting""#, &format!(r#"{more} "GuestCrashReporting""#));
    for text in [document(), &longer] {
        documents(text);
    }
    black_box(Time::ZERO);
}

/// What a process costs, alone and among many, and how fast its output flows.
fn processes() {
    let mut lives = Vec::new();
    for live in [1, 1_000] {
        let (_simulator, container) = container();
        let crowd = crowd(&container, live);
        let each = measure(|| assert!(run(&container)));
        show(&format!("process from spawn to exit, {live} more alive"), each, "");
        lives.push(each);
        drop(crowd);
    }
    println!("{:<52} {:>12.2} x", "  1,000 alive against 1", lives[1] / lives[0]);
    const MEGABYTES: usize = 16;
    let (_simulator, container) = container();
    let rate = |nanoseconds: f64| MEGABYTES as f64 * f64::from(1 << 20) / nanoseconds;
    let ours = rate(measure(|| assert_eq!(pour(&container, MEGABYTES << 20), MEGABYTES << 20)));
    let pipe = rate(measure(|| assert_eq!(pour_through_a_pipe(MEGABYTES << 20), MEGABYTES << 20)));
    println!("{:<52} {ours:>9.2} GB/s", "output of a process");
    println!("{:<52} {pipe:>9.2} GB/s", "the same through a pipe of the system");
}

/// What the C ABI costs: a call beside the same in Rust, callbacks beside a bell between two threads, pipes beside a plain one.
fn abi(direct: f64) {
    hcs_sim_dll_workloads::begin();
    let container = Container::run("measured");
    let call = measure(|| _ = black_box(container.call()));
    show("the same call through the ABI", call, "");
    println!("{:<52} {:>9.0} ns", "  the ABI adds; aim 100 ns", call - direct);
    show("ABI: query (operation, call, wait, close)", measure(|| assert!(container.ask_and_wait())), "");
    show("ABI: query until its operation's callback was heard", measure(|| assert!(container.ask_and_hear())), "");
    container.listen();
    show("ABI: query until the system's callback was heard", measure(|| assert!(container.ask_many_and_hear(1))), "");
    const MANY: u64 = 1_000;
    let many = measure_once(|| assert!(container.ask_many_and_hear(MANY))) / MANY as f64;
    show("  the same, 1,000 at once, each", many, "");
    show("a bell between two threads, there and back", ring(), "");

    const MEGABYTES: usize = 64;
    let rate = |nanoseconds: f64| MEGABYTES as f64 * f64::from(1 << 20) / nanoseconds;
    let out = rate(measure_once(|| assert_eq!(container.pour_out(MEGABYTES << 20), MEGABYTES << 20)));
    let taken = rate(measure_once(|| assert_eq!(container.pour_in(MEGABYTES << 20), MEGABYTES << 20)));
    let pipe = rate(measure_once(|| assert_eq!(pour_through_a_pipe(MEGABYTES << 20), MEGABYTES << 20)));
    println!("{:<52} {out:>9.2} GB/s", "ABI: output of a process, through ReadFile");
    println!("{:<52} {taken:>9.2} GB/s", "ABI: input of a process, through WriteFile");
    println!("{:<52} {pipe:>9.2} GB/s", "a pipe of the system between two threads");
}

/// What files cost: forks of a host that has many, and calls on one.
fn files() {
    let host = populated_files(100_000);
    show("clone of a host with 100,000 files", measure(|| drop(black_box(host.clone()))), "microseconds");
    let touched = measure(|| {
        let mut fork = host.clone();
        put_file(&mut fork, r"C:\layers\folder-7\new.dll");
        black_box(fork);
    });
    show("clone of a host with 100,000 files, then a file", touched, "microseconds");
    let simulator = Simulator::default();
    let client = simulator.client("files");
    simulator.put_file(r"C:\vms\disk.vhdx", b"");
    show("a grant and a revocation", measure(|| assert!(grant_and_revoke(&client, r"C:\vms\disk.vhdx"))), "");
}

/// What layers cost: writable ones that come and go, and an import.
fn layers() {
    let mut cycles = Vec::new();
    for (files, elsewhere) in [(10, 0), (10, 100_000), (1_000, 0), (10_000, 0)] {
        let (simulator, client) = layered(files, elsewhere);
        let each = measure(|| assert!(scratch(&simulator, &client)));
        let what = format!("scratch cycle on {files} files, {elsewhere} elsewhere");
        show(&what, each, if files == 10 { "100 us" } else { "" });
        cycles.push(each);
    }
    println!("{:<52} {:>12.2} x", "  100,000 files elsewhere against none", cycles[1] / cycles[0]);
    println!("{:<52} {:>12.2} x", "  a parent of 10,000 files against one of 10", cycles[3] / cycles[0]);
    for files in [100, 10_000] {
        let host = staged(files);
        let each = measure_once(|| {
            let mut fork = host.clone();
            assert!(import(&mut fork));
            black_box(fork);
        });
        show(&format!("import of a transport folder of {files} files"), each, if files > 100 { "100 ms" } else { "" });
    }
}

/// What a document costs, beside what a parsed `Value` alone does.
fn documents(text: &str) {
    println!("\nA document of {} bytes:", text.len());
    let value = measure(|| _ = black_box(serde_json::from_str::<serde_json::Value>(text).is_ok()));
    let parse = measure(|| _ = black_box(Document::parse(text).is_ok()));
    let both = measure(|| {
        let document = Document::parse(text).expect("it parses");
        check(&document, Root::ComputeSystem, Build::B26200).expect("it is taken");
        black_box(document);
    });
    show("serde_json::Value, parse alone", value, "");
    show("arena, parse", parse, "");
    show("arena, parse and validate", both, "not slower than Value");
    println!("{:<52} {:>12.2} x", "  parse and validate against Value", both / value);
}
