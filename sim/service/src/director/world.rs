//! What the world does to systems, guests, the host and time.

use super::words::{call, duration, happened};
use super::{Director, programs};
use crate::fault::{Notifications, Unfinished, Until, on};
use crate::simulator::Hold;
use hcs_rules::failure::{CallFailure, Failure};
use hcs_rules::hresult::Hresult;
use hcs_rules::profile::{Profile, Quirk};
use hcs_rules::vocabulary::EventType;

impl Director {
    pub(super) fn fault(&self, words: &[&str]) -> Result<String, String> {
        let word = *words.first().ok_or("on which call?")?;
        let mut rule: Unfinished = on(call(word).ok_or_else(|| format!("no call {word}"))?);
        let mut fault = None;
        for word in &words[1..] {
            let (key, value) = word.split_once('=').unwrap_or((word, ""));
            let code = || Hresult::by_name(value).ok_or_else(|| format!("no code {value}"));
            rule = match key {
                "id" => rule.id(value),
                "client" => rule.client(value),
                "nth" => rule.nth(value.parse().map_err(|_| format!("no number {value}"))?),
                "probability" => rule.probability(value.parse().map_err(|_| format!("no number {value}"))?),
                "fail" => {
                    fault = Some(rule.clone().fail(code()?));
                    rule
                }
                "refuse" => {
                    fault = Some(rule.clone().refuse(code()?));
                    rule
                }
                "delay" => {
                    fault = Some(rule.clone().delay(duration(value)?));
                    rule
                }
                "guest" => {
                    fault = Some(match value {
                        "hangs" => rule.clone().guest_hangs(),
                        value => rule.clone().guest_takes(duration(value)?),
                    });
                    rule
                }
                "as" => {
                    let of_operation = Failure::by_id(value).map(|failure| rule.clone().fail_as(failure));
                    let of_call = || CallFailure::by_id(value).map(|failure| rule.clone().refuse_as(failure));
                    fault = Some(of_operation.or_else(of_call).ok_or_else(|| format!("no failure {value}"))?);
                    rule
                }
                "hang" => {
                    fault = Some(rule.clone().hang());
                    rule
                }
                _ => return Err(format!("unknown word {word}")),
            };
        }
        self.sim.fault(fault.ok_or("what is it to do? fail= refuse= as= delay= guest= or hang, as the last word")?);
        Ok(String::new())
    }

    fn notifications(words: &[&str]) -> Result<Notifications, String> {
        let which = Notifications::of(words.first().ok_or("of which system?")?);
        match words.get(1) {
            None => Ok(which),
            Some(event) => {
                let event = EventType::by_name(event).ok_or_else(|| format!("no event {event}"))?;
                Ok(which.event(event))
            }
        }
    }

    pub(super) fn hold(&self, words: &[&str]) -> Result<String, String> {
        let hold = self.sim.hold(Self::notifications(words)?, Until::Released);
        self.holds.lock().push(hold);
        Ok(String::new())
    }

    pub(super) fn release(&self, _words: &[&str]) -> Result<String, String> {
        let holds = std::mem::take(&mut *self.holds.lock());
        let count: usize = holds.iter().map(Hold::count).sum();
        drop(holds);
        self.sim.drain();
        Ok(format!("{count} let go"))
    }

    pub(super) fn drop_one(&self, words: &[&str]) -> Result<String, String> {
        self.sim.drop_notifications(Self::notifications(words)?, 1);
        Ok(String::new())
    }

    pub(super) fn double_one(&self, words: &[&str]) -> Result<String, String> {
        self.sim.double_notifications(Self::notifications(words)?, 1);
        Ok(String::new())
    }

    pub(super) fn guest_crash(&self, words: &[&str]) -> Result<String, String> {
        Ok(happened(self.sim.guest_crash(words.first().ok_or("whose?")?)))
    }

    pub(super) fn guest_off(&self, words: &[&str]) -> Result<String, String> {
        Ok(happened(self.sim.guest_power_off(words.first().ok_or("whose?")?)))
    }

    pub(super) fn guest_reset(&self, words: &[&str]) -> Result<String, String> {
        Ok(happened(self.sim.guest_reset(words.first().ok_or("whose?")?)))
    }

    pub(super) fn guest_disconnect(&self, words: &[&str]) -> Result<String, String> {
        Ok(happened(self.sim.guest_disconnect(words.first().ok_or("whose?")?)))
    }

    pub(super) fn worker_crash(&self, words: &[&str]) -> Result<String, String> {
        Ok(happened(self.sim.worker_crash(words.first().ok_or("whose?")?)))
    }

    pub(super) fn rdp_mode(&self, words: &[&str]) -> Result<String, String> {
        Ok(happened(self.sim.rdp_mode_change(words.first().ok_or("whose?")?)))
    }

    pub(super) fn manager_starts(&self, words: &[&str]) -> Result<String, String> {
        Ok(happened(self.sim.manager_starts(words.first().ok_or("under which id?")?)))
    }

    pub(super) fn guest(&self, rest: &str) -> Result<String, String> {
        let (name, script) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        if name.is_empty() {
            return Err("which program?".to_owned());
        }
        self.sim.script(name.trim_end_matches(':'), script.trim_start())?;
        Ok(String::new())
    }

    pub(super) fn guest_gone(&self, words: &[&str]) -> Result<String, String> {
        Ok(happened(self.sim.remove_program(words.first().ok_or("which program?")?)))
    }

    pub(super) fn process_exit(&self, words: &[&str]) -> Result<String, String> {
        let [system, process, code] = words else { return Err("process-exit SYSTEM PID CODE".to_owned()) };
        let number = |word: &str| word.parse().map_err(|_| format!("no number {word}"));
        Ok(happened(self.sim.process_exit(system, number(process)?, number(code)?)))
    }

    pub(super) fn programs(&self, _words: &[&str]) -> Result<String, String> {
        Ok(programs().map(|program| format!("\n  {program}")).collect())
    }

    pub(super) fn hypervisor(&self, words: &[&str]) -> Result<String, String> {
        match words {
            ["on"] => Ok(happened(self.sim.set_hypervisor(true))),
            ["off"] => Ok(happened(self.sim.set_hypervisor(false))),
            _ => Err("hypervisor on, or hypervisor off".to_owned()),
        }
    }

    pub(super) fn endpoints(&self, words: &[&str]) -> Result<String, String> {
        Ok(happened(match words {
            ["any"] => self.sim.set_endpoints(None),
            ids => self.sim.set_endpoints(Some(ids)),
        }))
    }

    pub(super) fn state_file(&self, words: &[&str]) -> Result<String, String> {
        match words {
            [path] => Ok(happened(self.sim.set_saved_state(path, true))),
            [path, "gone"] => Ok(happened(self.sim.set_saved_state(path, false))),
            _ => Err("state-file PATH, or state-file PATH gone".to_owned()),
        }
    }

    pub(super) fn quirk(&self, words: &[&str]) -> Result<String, String> {
        let quirk = *words.first().ok_or("which quirk?")?;
        let quirk = Quirk::by_name(quirk).ok_or_else(|| format!("no quirk {quirk}"))?;
        Ok(happened(self.sim.set_quirk(quirk, words.get(1) != Some(&"off"))))
    }

    pub(super) fn profile(&self, words: &[&str]) -> Result<String, String> {
        let name = *words.first().ok_or("which profile?")?;
        self.sim.set_profile(Profile::by_name(name).ok_or_else(|| format!("no profile {name}"))?);
        Ok(String::new())
    }

    pub(super) fn resources(&self, words: &[&str]) -> Result<String, String> {
        let held = self.sim.resources(words.first().ok_or("of which system?")?);
        let lines: String = held.iter().map(|held| format!("\n  {} {}", held.path, held.settings)).collect();
        Ok(if lines.is_empty() { "none".to_owned() } else { lines })
    }

    pub(super) fn service(&self, words: &[&str]) -> Result<String, String> {
        match words {
            ["stop"] => Ok(happened(self.sim.service_stop())),
            ["return"] => Ok(happened(self.sim.service_return())),
            _ => Err("service stop, or service return".to_owned()),
        }
    }

    pub(super) fn advance(&self, words: &[&str]) -> Result<String, String> {
        self.sim.advance(duration(words.first().ok_or("by how much?")?)?);
        Ok("done".to_owned())
    }

    pub(super) fn settle(&self, _words: &[&str]) -> Result<String, String> {
        self.sim.settle();
        Ok("done".to_owned())
    }

    pub(super) fn digest(&self, _words: &[&str]) -> Result<String, String> {
        Ok(self.sim.digest())
    }

    pub(super) fn finish(&self, _words: &[&str]) -> Result<String, String> {
        let report = self.sim.finish();
        let complaints = report.would_fault.iter().map(|text| format!("\n  would fault: {text}"));
        let complaints = complaints.chain(report.not_modelled.iter().map(|text| format!("\n  not modelled: {text}")));
        // The place is one of this program, and says nothing to a reader of the story.
        let leaks = report.leaks.iter().map(|leak| format!("\n  leak: {} of {}", leak.what, leak.client));
        let unfired = report.unfired.iter().map(|text| format!("\n  unfired: {text}"));
        let troubles = report.troubles.iter().map(|text| format!("\n  trouble: {text}"));
        let all: String = complaints.chain(leaks).chain(unfired).chain(troubles).collect();
        Ok(if all.is_empty() { "clean".to_owned() } else { all })
    }
}
