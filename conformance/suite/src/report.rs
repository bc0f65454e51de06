//! What came of the cases.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// How a case went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As believed.
    Passed,
    /// Otherwise; a sentence.
    Failed(String),
    /// It could not be run on this target; a reason.
    Skipped(String),
}

/// One case that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The case's name: `row/kind/state/facet`, or a sentence.
    pub name: String,
    /// How it went.
    pub verdict: Verdict,
}

/// Every case that was run on one target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The target's name.
    pub target: String,
    /// The build's number.
    pub build: u32,
    /// The cases.
    pub runs: Vec<Run>,
}

impl Report {
    /// How many passed, failed and were skipped.
    pub fn counts(&self) -> (usize, usize, usize) {
        let count = |wanted: fn(&Verdict) -> bool| self.runs.iter().filter(|run| wanted(&run.verdict)).count();
        (
            count(|verdict| *verdict == Verdict::Passed),
            count(|verdict| matches!(verdict, Verdict::Failed(_))),
            count(|verdict| matches!(verdict, Verdict::Skipped(_))),
        )
    }

    /// The cases that failed, a line each.
    pub fn failures(&self) -> String {
        let mut text = String::new();
        for run in &self.runs {
            if let Verdict::Failed(why) = &run.verdict {
                // Writing to a string cannot fail.
                _ = writeln!(text, "{} on {} {}: {why}", run.name, self.target, self.build);
            }
        }
        text
    }

    /// The rows that there are cases of: why none of a row's was asked, and nothing for a row of which one was.
    pub fn rows(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut rows: BTreeMap<&str, (bool, BTreeSet<&str>)> = BTreeMap::new();
        for run in &self.runs {
            // Cases that no row says are named by a sentence.
            let Some((row, _)) = run.name.split_once('/') else { continue };
            let (asked, reasons) = rows.entry(row).or_default();
            match &run.verdict {
                Verdict::Skipped(why) => _ = reasons.insert(why),
                Verdict::Passed | Verdict::Failed(_) => *asked = true,
            }
        }
        let told =
            |(asked, reasons): (bool, BTreeSet<_>)| if asked { Vec::new() } else { reasons.into_iter().collect() };
        rows.into_iter().map(|(row, of)| (row, told(of))).collect()
    }

    /// As a table for people, in Markdown: this target's column only.
    pub fn markdown(&self) -> String {
        let (passed, failed, skipped) = self.counts();
        let mut text = format!(
            "# Conformance\n\n| agrees with {} {} | cases |\n|---|---:|\n| yes | {passed} |\n| no | {failed} |\n| not asked | {skipped} |\n",
            self.target, self.build
        );
        let rows = self.rows();
        let unasked = rows.values().filter(|reasons| !reasons.is_empty()).count();
        _ = writeln!(text, "\n{} of {} rows were asked.", rows.len() - unasked, rows.len());
        for run in &self.runs {
            match &run.verdict {
                Verdict::Passed => {}
                Verdict::Failed(why) => _ = writeln!(text, "\n- **{}**: {why}", run.name),
                Verdict::Skipped(why) => _ = writeln!(text, "\n- {} was not asked: {why}", run.name),
            }
        }
        text
    }

    /// As JUnit's XML.
    pub fn junit(&self) -> String {
        let (_, failed, skipped) = self.counts();
        let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
        let mut text = format!(
            "<testsuite name=\"{} {}\" tests=\"{}\" failures=\"{failed}\" skipped=\"{skipped}\">\n",
            escape(&self.target),
            self.build,
            self.runs.len()
        );
        for run in &self.runs {
            let inside = match &run.verdict {
                Verdict::Passed => String::new(),
                Verdict::Failed(why) => format!("<failure message=\"{}\"/>", escape(why)),
                Verdict::Skipped(why) => format!("<skipped message=\"{}\"/>", escape(why)),
            };
            _ = writeln!(text, "  <testcase name=\"{}\">{inside}</testcase>", escape(&run.name));
        }
        text + "</testsuite>\n"
    }
}
