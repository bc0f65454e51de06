//! Any bytes as the blob of an entry of a layer and as a list of tombstones: read, or damaged; what is read is written and
//! read again as the same, and costs no more than the bytes that came.

#![no_main]

use hcs_machine::files::{Data, Times};
use hcs_machine::layer::backup::Streams;
use hcs_machine::layer::blob::Blob;
use hcs_machine::layer::reparse::Link;
use hcs_machine::layer::tombstone;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let blob = Data::from(bytes);
    assert!(Streams::from(&blob, 4).count() <= 1 + bytes.len() / 20, "a stream is at least its header");
    if let Ok(of) = Blob::read(&blob, Times::default()) {
        if let Some(reparse) = &of.meta.reparse {
            _ = Link::of(reparse);
        }
        let again = of.write().and_then(|blob| Blob::read(&blob, Times::default()));
        assert_eq!(again.as_ref(), Ok(&of), "what is written reads the same");
        let ranges = of.data.ranges();
        let kept: u64 = ranges.iter().map(|(begins, ends)| ends - begins).sum();
        // Each byte that came can be in a piece of its own.
        assert!(kept <= 4096 * (2 + bytes.len() as u64), "{kept} bytes kept");
    }
    if let Ok(paths) = tombstone::read(bytes) {
        let written = tombstone::write(paths.iter().map(String::as_str));
        assert_eq!(tombstone::read(&written), Ok(paths));
    }
});
