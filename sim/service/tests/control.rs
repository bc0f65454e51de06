//! A world as a test controls it from outside its clients: entries of calls, transcripts to a file, lines of stories.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use hcs_sim::api::{ComputeSystem, Hcs};
use hcs_sim::director::{DIRECTIONS, Director};
use hcs_sim::rules::hresult::Hresult;
use hcs_sim::rules::vocabulary::Call;
use hcs_sim::{Clock, Simulator};

const MACHINE: &str = r#"{"VirtualMachine":{}}"#;

#[test]
fn a_test_meets_another_thread_where_it_enters_a_call() {
    for clock in [Clock::Scheduled, Clock::Stepped, Clock::Free(1.0)] {
        let sim = Simulator::builder().clock(clock).start();
        let client = sim.client("agent");
        let before = sim.entries_of(Call::CreateComputeSystem);
        assert!(!before.wait(1, Duration::from_millis(1)), "{clock:?}: nobody has called yet");
        let actor = thread::spawn(move || ComputeSystem::create(&client, "vm", MACHINE).map(drop));
        assert!(before.wait(1, Duration::from_secs(20)), "{clock:?}");
        while clock == Clock::Stepped && !actor.is_finished() {
            sim.advance(Duration::from_millis(10));
        }
        actor.join().expect("joined").expect("created");
        assert_eq!(before.count(), 1, "{clock:?}");
        assert_eq!(sim.entries_of(Call::CreateComputeSystem).count(), 0, "only what comes is counted");
        assert_eq!(sim.entries_of(Call::StartComputeSystem).count(), 0);
    }
}

#[test]
fn a_time_out_behind_a_jump_is_as_long_as_one_before() {
    let sim = Simulator::builder().clock(Clock::Free(1.0)).start();
    let client = sim.client("agent");
    let machine = ComputeSystem::create(&client, "vm", MACHINE).expect("created");
    machine.start().expect("started");
    sim.advance(Duration::from_secs(30));
    let began = Instant::now();
    let (code, handle) = client.open_compute_system("vm".into(), hcs_sim::rules::vocabulary::GENERIC_ALL);
    assert_eq!(code, Hresult::S_OK);
    assert_eq!(client.wait_for_compute_system_exit(handle, 5).code, Hresult::HCS_E_OPERATION_TIMEOUT);
    assert!(began.elapsed() < Duration::from_secs(10), "the clock stood still until real time had caught up");
    client.close_compute_system(handle);
}

#[derive(Clone, Default)]
struct Paper {
    written: Arc<Mutex<Vec<u8>>>,
    full: bool,
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.full {
            return Err(io::Error::other("full"));
        }
        self.written.lock().expect("unpoisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_transcript_is_written_as_it_comes_and_the_same_as_it_is_kept() {
    let paper = Paper::default();
    let sim = Simulator::builder().transcript().start();
    sim.write_transcript_to(paper.clone());
    let client = sim.client("agent");
    drop(ComputeSystem::create(&client, "vm", MACHINE).expect("created"));
    let kept: String = sim.transcript().iter().map(|line| format!("{line}\n")).collect();
    assert_eq!(String::from_utf8_lossy(&paper.written.lock().expect("unpoisoned")), kept);
    assert!(kept.contains("HcsCreateComputeSystem"), "{kept}");

    // One that is not kept costs no memory, and one that cannot be written stops nothing.
    let sim = Simulator::builder().start();
    sim.write_transcript_to(Paper { full: true, ..Paper::default() });
    drop(ComputeSystem::create(&sim.client("agent"), "vm", MACHINE).expect("created"));
    assert_eq!(sim.transcript(), [""; 0]);
    sim.keep_transcript();
    drop(ComputeSystem::create(&sim.client("agent"), "vm2", MACHINE).expect("created"));
    assert!(!sim.transcript().is_empty());
}

#[test]
fn lines_are_carried_out_up_to_the_first_that_is_wrong() {
    let director = Director::new(Simulator::default());
    assert_eq!(director.run_all("# nothing\n\nfile C:\\a = b\n"), Ok("done\n".to_owned()));
    let told = director.run_all("file C:\\b = c\ndance\nfile C:\\c = d");
    assert_eq!(told, Err("line 2: unknown word dance".to_owned()));
    assert!(director.sim().file("C:\\b").is_some() && director.sim().file("C:\\c").is_none());
}

#[test]
fn no_line_of_nonsense_harms_anything() {
    let director = Director::new(Simulator::default());
    for direction in DIRECTIONS {
        for rest in ["", " \u{e9}\u{1f600}", " {", " a b c d e f", " = =", " \"", " -1", " 99999999999999999999s"] {
            // Whatever it answers, the world is there afterwards.
            let _ = director.run(&format!("{}{rest}", direction.word));
        }
    }
    assert!(director.run("digest").is_ok());
}
