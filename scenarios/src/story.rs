//! The story file: blocks of commands and of what they print. Running it, comparing it, writing it anew.

use crate::stage::Stage;

/// One block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Block {
    /// The line on which it begins, from 1.
    line: usize,
    comments: Vec<String>,
    commands: Vec<String>,
    /// What the commands print; `None` where the file has no `----` yet.
    printed: Option<Vec<String>>,
}

/// A parsed story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    blocks: Vec<Block>,
}

/// A block that printed something else than the file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The line on which the block begins.
    pub line: usize,
    /// What the file says.
    pub expected: Vec<String>,
    /// What came.
    pub printed: Vec<String>,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(out, "line {}:", self.line)?;
        let common = self.expected.iter().zip(&self.printed).take_while(|(old, new)| old == new).count();
        for line in &self.expected[..common] {
            writeln!(out, "    {line}")?;
        }
        for line in &self.expected[common..] {
            writeln!(out, "  - {line}")?;
        }
        for line in &self.printed[common..] {
            writeln!(out, "  + {line}")?;
        }
        Ok(())
    }
}

impl Story {
    /// Reads a story. Every text is one.
    pub fn parse(text: &str) -> Story {
        let mut blocks = Vec::new();
        let mut block = Block::default();
        for (index, line) in text.lines().chain([""]).enumerate() {
            let printing = block.printed.is_some();
            if line.trim().is_empty() {
                if !(block.comments.is_empty() && block.commands.is_empty()) {
                    blocks.push(std::mem::take(&mut block));
                }
                continue;
            }
            if block == Block::default() {
                block.line = index + 1;
            }
            match line.trim_end() {
                line if printing => block.printed.get_or_insert_default().push(line.to_owned()),
                "----" => block.printed = Some(Vec::new()),
                line if line.starts_with('#') => block.comments.push(line.to_owned()),
                line => block.commands.push(line.trim().to_owned()),
            }
        }
        Story { blocks }
    }

    /// Runs the story in a new world. `show` sees each block as it ends: comments, commands, lines printed.
    pub fn run(
        &self,
        seed: Option<u64>,
        build: Option<u32>,
        mut show: impl FnMut(&[String], &[String], &[String]),
    ) -> Told {
        let mut stage = Stage::new(seed, build);
        let mut told = Told { story: Story { blocks: Vec::new() }, differences: Vec::new() };
        for block in &self.blocks {
            let mut printed = Vec::new();
            for command in &block.commands {
                stage.command(command, &mut printed);
            }
            // A line that is told may hold several, and the file keeps no blanks at their ends.
            let printed: Vec<String> =
                printed.iter().flat_map(|line| line.lines()).map(|line| line.trim_end().to_owned()).collect();
            show(&block.comments, &block.commands, &printed);
            if !block.commands.is_empty() && block.printed.as_ref() != Some(&printed) {
                told.differences.push(Difference {
                    line: block.line,
                    expected: block.printed.clone().unwrap_or_default(),
                    printed: printed.clone(),
                });
            }
            let printed = (!block.commands.is_empty()).then_some(printed);
            told.story.blocks.push(Block { printed, ..block.clone() });
        }
        told
    }

    /// The story as a file.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (index, block) in self.blocks.iter().enumerate() {
            if index > 0 {
                text.push('\n');
            }
            let separator = block.printed.as_ref().map(|_| "----".to_owned());
            let printed = block.printed.iter().flatten();
            for line in block.comments.iter().chain(&block.commands).chain(&separator).chain(printed) {
                text.push_str(line);
                text.push('\n');
            }
        }
        text
    }
}

/// What a run of a story gave.
#[derive(Clone, Debug)]
pub struct Told {
    /// The story with what was printed this time.
    pub story: Story,
    /// Where that differs from the file.
    pub differences: Vec<Difference>,
}
