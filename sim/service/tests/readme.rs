//! The examples of the README: they compile, they hold, and they are what the README says.

type Told = Result<(), Box<dyn std::error::Error>>;

#[test]
#[rustfmt::skip]
fn in_a_test() -> Told {
    use std::time::Duration;
    use hcs_sim::api::ComputeSystem;
    use hcs_sim::rules::{hresult::Hresult, vocabulary::Call};
    use hcs_sim::{Simulator, on};

    let sim = Simulator::builder().seed(7).start();
    let agent = sim.client("agent");
    let vm = ComputeSystem::create(&agent, "vm", r#"{"VirtualMachine":{}}"#)?;

    // The first start hangs for ever. The time-out of ten minutes costs microseconds.
    sim.fault(on(Call::StartComputeSystem).id("vm").nth(1).hang());
    let error = vm.start_within(Duration::from_secs(600)).unwrap_err();
    assert_eq!(error.code, Hresult::HCS_E_OPERATION_TIMEOUT);

    // Another client ends it; the start is told, the exit status says who.
    let other = ComputeSystem::open(&sim.client("operator"), "vm")?;
    other.terminate()?;
    assert!(vm.wait_for_exit(None)?.contains("ForcedExit"));
    drop((vm, other));
    sim.finish().assert_clean(); // no leak, no misuse, no fault that never fired
    Ok(())
}

#[test]
#[rustfmt::skip]
fn a_process() -> Told {
    use hcs_sim::{Simulator, api::ComputeSystem};
    let sim = Simulator::builder().start();
    let agent = sim.client("agent");

    use std::io::Write;
    use hcs_sim::api::{ProcessSignal, Stdio};

    sim.program("app.exe", |guest| {                        // Rust, or a script: sim.script("app.exe", r#"stdout "ready"; after 3s exit 5"#)
        _ = writeln!(guest.stdout(), "ready");
        guest.signal();                                     // waits for one
        7
    });
    let container = ComputeSystem::create(&agent, "c", r#"{"Container":{}}"#)?;
    container.start()?;
    let output = container.command("cmd /c echo %NAME%").env("NAME", "you").output()?;
    assert_eq!(output.stdout, b"you\r\n");
    let child = container.command("app.exe").stdout(Stdio::Piped).spawn()?;
    child.signal(ProcessSignal::CtrlShutdown)?;
    assert_eq!(child.wait_with_output()?.status.code(), 7);
    Ok(())
}

/// Text without regard for its indentation.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_example_of_the_readme_is_tested_here() {
    let (readme, tests) = (include_str!("../../../README.md"), words(include_str!("readme.rs")));
    let examples: Vec<&str> = readme.split("```rust").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    // Those of the C ABI are tested where it is.
    let here = examples.iter().filter(|example| !example.contains("hcs_sim_dll"));
    assert_eq!(here.clone().count(), 2);
    for example in here {
        assert!(tests.contains(&words(example)), "the README says something else:\n{example}");
    }
}
