//! Layers of the host, as a test puts them there, and what the world does to them.

use hcs_machine::input::{FileEvent, LayerEvent, WorldEvent};
use hcs_machine::layer::transport::{Transport, Unreadable};

use crate::simulator::Simulator;

impl Simulator {
    /// A layer in transport form is put into a folder, as a client leaves it there to be imported. Answers whether that found
    /// something to do.
    ///
    /// # Errors
    /// What of it no file can hold.
    pub fn put_transport(&self, folder: &str, layer: &Transport) -> Result<bool, Unreadable> {
        Ok(self.world(WorldEvent::Files(FileEvent::Stage(folder.into(), layer.staged()?.into()))))
    }

    /// The next import breaks off after so many files. What was written until then stays.
    pub fn tear_import(&self, files: u32) -> bool {
        self.world(WorldEvent::Layer(LayerEvent::TornImport(files)))
    }

    /// The filter of another product is on every volume from now on, or is there no more.
    pub fn set_filter_collision(&self, there: bool) -> bool {
        self.world(WorldEvent::Layer(LayerEvent::Collision(there)))
    }

    /// The filter of the volume with this root is not let go so many times, as while a container is being taken down.
    pub fn keep_filter(&self, volume: &str, times: u32) -> bool {
        self.world(WorldEvent::Layer(LayerEvent::Busy(volume.into(), times)))
    }

    /// The image whose layer is in this folder is of this build of Windows, such as 20348. Answers whether there is one, and
    /// that was not known.
    pub fn set_image_build(&self, folder: &str, build: u32) -> bool {
        self.world(WorldEvent::Layer(LayerEvent::ImageBuild(folder.into(), build)))
    }

    /// The content of the layer in this folder is damaged, until it is imported anew.
    pub fn damage_layer(&self, folder: &str) -> bool {
        self.world(WorldEvent::Layer(LayerEvent::Damage(folder.into())))
    }
}
