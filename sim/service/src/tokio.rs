//! A stepped world on tokio's clock, paused or not: simulated time is tokio's time.
//!
//! With a paused clock tokio moves on when all its tasks wait, and the world with it, so that time-outs of the tested code
//! and latencies of the simulated service are of one kind.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() {
//! use hcs_sim::{Clock, Simulator};
//! let sim = Simulator::builder().clock(Clock::Stepped).start();
//! let driver = tokio::spawn(hcs_sim::tokio::drive(sim.clone()));
//! // ... the tested code ...
//! driver.abort();
//! # }
//! ```

use std::time::Duration;

use tokio::time::Instant;

use crate::simulator::Simulator;

/// How often the driver looks whether a call made since has something due, in tokio's time. With a paused clock it costs
/// nothing.
const LOOK: Duration = Duration::from_millis(1);

/// Moves a stepped world along tokio's clock. Never ends: abort its task, or select against it.
pub async fn drive(sim: Simulator) {
    let begin = Instant::now();
    let origin = sim.now();
    loop {
        let now = origin + begin.elapsed();
        let behind = now.saturating_sub(sim.now());
        sim.advance(behind);
        let next = sim.next_due().map_or(LOOK, |due| due.saturating_sub(now)).min(LOOK);
        tokio::time::sleep(next).await;
    }
}
