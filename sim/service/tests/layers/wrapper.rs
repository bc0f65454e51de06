//! The wrappers of `hcs_api::layer`: a base made ready, a mount that lives as long as its value.

use hcs_api::layer::{self, Layer, Mount};
use hcs_rules::build::Build;
use hcs_rules::hresult::Hresult;

use crate::setting::{BASE, CHILD, ID, base, child, world};

#[test]
fn a_layer_lives_through_the_wrappers_on_every_build() {
    for build in Build::ALL {
        let (sim, client) = world(*build);
        let (lower, upper) = (Layer::new(ID, BASE), Layer::new(ID, CHILD));
        sim.put_transport(r"C:\staged\base", &base()).expect("it can be staged");
        sim.put_transport(r"C:\staged\child", &child()).expect("it can be staged");
        layer::import(&client, BASE, r"C:\staged\base", &[]).expect("it is whole");
        let early = layer::set_up_base(&client, BASE, 1 << 30).expect_err("its hives are there");
        assert_eq!((early.call, early.code), ("HcsSetupBaseOSLayer", Hresult::ERROR_ALREADY_EXISTS));
        for made in ["Hives", "blank-base.vhdx"] {
            assert!(sim.remove_file(&format!(r"{BASE}\{made}")));
        }
        layer::set_up_base(&client, BASE, 1 << 30).expect("the hives are gone");
        layer::import(&client, CHILD, r"C:\staged\child", std::slice::from_ref(&lower)).expect("it is whole");
        sim.put_folder(r"C:\scratch");
        assert!(sim.copy_file(&format!(r"{BASE}\blank.vhdx"), r"C:\scratch\sandbox.vhdx"));
        let chain = [upper, lower];
        let mut mount =
            Mount::new(&client, r"C:\scratch\sandbox.vhdx", &chain, true).expect("it is a copy of a blank disk");
        let root = mount.path().to_owned();
        assert_eq!(sim.file(&format!(r"{root}\app\app.exe")).as_deref(), Some(&b"app"[..]));
        sim.put_file(&format!(r"{root}\written"), b"here");
        sim.put_folder(r"C:\out");
        mount.export(r"C:\out").expect("the folder is there");
        assert!(sim.file(r"C:\out\Files\written").is_some());
        // Not let go at first, then unmounted, then dropped without a complaint.
        assert!(sim.keep_filter(&root, 1));
        assert_eq!(mount.unmount().expect_err("it is kept once").code, Hresult::ERROR_FLT_DO_NOT_DETACH);
        mount.unmount().expect("it is let go");
        drop(mount);
        // Mounted again, and unmounted by going.
        drop(Mount::new(&client, r"C:\scratch\sandbox.vhdx", &chain, false).expect("it is initialised"));
        layer::destroy(&client, r"C:\scratch").expect("nothing is attached");
        assert!(sim.tree(r"C:\scratch").is_empty());
        sim.finish().assert_clean();
    }
}
