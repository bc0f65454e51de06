//! One story on every build: what differs.

use std::fmt::Write as _;

use hcs_rules::build::Build;

use crate::story::Story;

/// One block of a story: its commands, and what they printed.
type Block = (Vec<String>, Vec<String>);

/// Runs a story on every build, and tells the blocks that do not print the same everywhere: their commands once, then the
/// lines that differ, for each group of builds. Moments are left out, because they say nothing about a build.
pub fn differences(story: &Story, seed: Option<u64>) -> String {
    let runs: Vec<Vec<Block>> = Build::ALL
        .iter()
        .map(|build| {
            let mut blocks = Vec::new();
            story.run(seed, Some(build.number()), |_, commands, printed| {
                let printed = printed.iter().map(|line| timeless(line).to_owned()).collect();
                blocks.push((commands.to_vec(), printed));
            });
            blocks
        })
        .collect();
    let mut told = String::new();
    for (at, (commands, first)) in runs[0].iter().enumerate() {
        if runs.iter().all(|blocks| blocks[at].1 == *first) {
            continue;
        }
        let everywhere = |line: &String| runs.iter().all(|blocks| blocks[at].1.contains(line));
        for command in commands {
            _ = writeln!(told, "{command}");
        }
        let mut groups: Vec<(Vec<String>, Vec<&String>)> = Vec::new();
        for (build, blocks) in Build::ALL.iter().zip(&runs) {
            let lines: Vec<&String> = blocks[at].1.iter().filter(|line| !everywhere(line)).collect();
            match groups.iter_mut().find(|(_, known)| *known == lines) {
                Some((builds, _)) => builds.push(build.number().to_string()),
                None => groups.push((vec![build.number().to_string()], lines)),
            }
        }
        for (builds, lines) in groups {
            _ = writeln!(told, "---- {}", builds.join(", "));
            for line in lines {
                _ = writeln!(told, "{line}");
            }
        }
        told.push('\n');
    }
    if told.is_empty() { "every build prints the same\n".to_owned() } else { told }
}

/// A line without the moment before it.
fn timeless(line: &str) -> &str {
    match line.split_once(' ') {
        Some((moment, rest)) if moment.ends_with('s') && moment.starts_with(|first: char| first.is_ascii_digit()) => {
            rest
        }
        _ => line,
    }
}

/// The number of a simulated build, from the command line.
///
/// # Errors
/// Which builds there are.
pub fn build_number(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| Build::from_number(*number).is_some());
    let known: Vec<String> = Build::ALL.iter().map(|build| build.number().to_string()).collect();
    number.ok_or_else(|| format!("no build that is simulated; there are {}", known.join(", ")))
}
