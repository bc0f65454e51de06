//! A first life.
use hcs_api::{ComputeSystem, block_on, enumerate};
use hcs_rules::hresult::Hresult;
use hcs_rules::vocabulary::Call;
use hcs_sim::{Simulator, on};

const VM: &str = r#"{"SchemaVersion":{"Major":2,"Minor":1},"Owner":"Sample","ShouldTerminateOnLastHandleClosed":true,
"VirtualMachine":{"Chipset":{"Uefi":{"BootThis":{"DevicePath":"Primary disk","DiskNumber":0,"DeviceType":"ScsiDrive"}}},
"ComputeTopology":{"Memory":{"Backing":"Virtual","SizeInMB":2048},"Processor":{"Count":2}},
"Devices":{"Scsi":{"Primary disk":{"Attachments":{"0":{"Type":"VirtualDisk","Path":"C:\\vm\\disk.vhdx"}}}}}}}"#;

#[test]
fn a_machine_lives_and_ends() {
    let sim = Simulator::builder().seed(7).transcript().start();
    let agent = sim.client("agent");
    let vm = ComputeSystem::create(&agent, "vm", VM).unwrap();
    println!("{}", vm.properties(None).unwrap());
    vm.start().unwrap();
    println!("{}", enumerate(&agent, None).unwrap());
    assert_eq!(vm.start().unwrap_err().code, Hresult::HCS_E_INVALID_STATE);
    vm.terminate().unwrap();
    println!("{}", vm.wait_for_exit(None).unwrap());
    println!("{}", vm.properties(None).unwrap());
    println!("{:?}", vm.terminate());
    drop(vm);
    println!("{}", sim.transcript().join("\n"));
    sim.finish().assert_clean();
}

#[test]
fn futures_live_too() {
    let sim = Simulator::builder().seed(7).transcript().start();
    sim.fault(on(Call::StartComputeSystem).nth(1).fail(Hresult::ERROR_NO_SYSTEM_RESOURCES));
    let agent = sim.client("agent");
    block_on(async {
        let vm = ComputeSystem::create_async(&agent, "vm", VM).await.unwrap();
        println!("{}", vm.start_async().await.unwrap_err());
        vm.start_async().await.unwrap();
        let exit = vm.exited();
        vm.terminate_async().await.unwrap();
        println!("{}", exit.await.unwrap());
    });
    println!("{}", sim.transcript().join("\n"));
    sim.finish().assert_clean();
}
