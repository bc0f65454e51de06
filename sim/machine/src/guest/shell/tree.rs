//! How commands are put together, and laid out as a row of steps.

use std::sync::Arc;

use crate::guest::Output;

/// Why a text is not a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::guest) enum Syntax {
    /// It ends too early: more lines may help.
    Incomplete,
    /// This is not expected here.
    Unexpected(String),
    /// It asks for what the double does not model.
    Unmodelled(&'static str),
}

/// Commands put together. `C` is a command of the language, `W` a word that is expanded when its turn comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::guest) enum Tree<C, W> {
    Command(C),
    Sequence(Vec<Tree<C, W>>),
    /// `a && b || c`: flat, however long it is.
    Chain(Box<Tree<C, W>>, Vec<(Link, Tree<C, W>)>),
    Not(Box<Tree<C, W>>),
    If {
        when: Box<Tree<C, W>>,
        then: Box<Tree<C, W>>,
        otherwise: Option<Box<Tree<C, W>>>,
    },
    While {
        until: bool,
        when: Box<Tree<C, W>>,
        body: Box<Tree<C, W>>,
    },
    Each {
        name: Arc<str>,
        list: List<W>,
        body: Box<Tree<C, W>>,
    },
    Redirected(Box<Tree<C, W>>, Vec<Redirect<W>>),
    /// What it changes in the shell is undone afterwards.
    Subshell(Box<Tree<C, W>>),
    Break(usize),
    Continue(usize),
}

/// When the next of a chain is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::guest) enum Link {
    /// After a success.
    And,
    /// After a failure.
    Or,
}

/// What a loop goes over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::guest) enum List<W> {
    /// These words.
    Words(Vec<W>),
    /// Numbers: start, step, end.
    Count(W, W, W),
}

/// One redirection of a stream: 0, 1 or 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::guest) struct Redirect<W> {
    pub(in crate::guest) stream: u8,
    pub(in crate::guest) to: To<W>,
}

/// Where a redirection leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::guest) enum To<W> {
    Read(W),
    Write {
        path: W,
        append: bool,
    },
    /// Where this output goes now.
    Like(Output),
}

/// One step of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::guest) enum Step<C, W> {
    Run(C),
    /// The command before stands alone: a shell that gives up at the first failure does it here.
    Check,
    Jump(usize),
    /// Jumps if the last command's success is this.
    JumpIf(bool, usize),
    Not,
    /// Nothing was run: that is a success.
    Settle,
    /// Redirects until [`Step::Leave`], or goes to the place behind that if it cannot.
    Enter(Vec<Redirect<W>>, usize),
    Leave,
    /// A subshell until [`Step::Join`], which stands there.
    Fork(usize),
    Join,
    Each(List<W>),
    /// The loop's next item, or past its end.
    Next {
        name: Arc<str>,
        past: usize,
    },
    EndLoop,
}

/// A row of steps.
pub(in crate::guest) type Row<C, W> = Arc<[Step<C, W>]>;

/// Lays a tree out.
pub(in crate::guest) fn row<C: Clone, W: Clone>(tree: &Tree<C, W>) -> Row<C, W> {
    let mut layout = Layout { steps: Vec::new(), around: Vec::new() };
    layout.tree(tree, false);
    layout.steps.into()
}

struct Layout<C, W> {
    steps: Vec<Step<C, W>>,
    around: Vec<Around>,
}

/// What stands around the place that is laid out.
enum Around {
    Redirects,
    Subshell,
    /// The place to go on at, whether items are kept for it, and the jumps that leave it.
    Loop {
        again: usize,
        items: bool,
        breaks: Vec<usize>,
    },
}

impl<C: Clone, W: Clone> Layout<C, W> {
    /// `tested`: whether somebody looks at the success.
    fn tree(&mut self, tree: &Tree<C, W>, tested: bool) {
        match tree {
            Tree::Command(command) => {
                self.steps.push(Step::Run(command.clone()));
                if !tested {
                    self.steps.push(Step::Check);
                }
            }
            Tree::Sequence(trees) => trees.iter().for_each(|tree| self.tree(tree, tested)),
            Tree::Chain(first, rest) => {
                self.tree(first, true);
                for (at, (link, next)) in rest.iter().enumerate() {
                    let skip = self.hole();
                    self.tree(next, tested || at + 1 < rest.len());
                    self.steps[skip] = Step::JumpIf(*link == Link::Or, self.steps.len());
                }
            }
            Tree::Not(tree) => {
                self.tree(tree, true);
                self.steps.push(Step::Not);
            }
            Tree::If { when, then, otherwise } => {
                self.tree(when, true);
                let skip = self.hole();
                self.tree(then, tested);
                let end = self.hole();
                self.steps[skip] = Step::JumpIf(false, self.steps.len());
                match otherwise {
                    Some(otherwise) => self.tree(otherwise, tested),
                    None => self.steps.push(Step::Settle),
                }
                self.steps[end] = Step::Jump(self.steps.len());
            }
            Tree::While { until, when, body } => {
                let again = self.steps.len();
                self.tree(when, true);
                let skip = self.hole();
                self.body(body, again, false, tested);
                self.steps[skip] = Step::JumpIf(*until, self.steps.len());
                // What the condition said is not the loop's result.
                self.steps.push(Step::Settle);
            }
            Tree::Each { name, list, body } => {
                self.steps.push(Step::Each(list.clone()));
                let again = self.hole();
                self.body(body, again, true, tested);
                self.steps[again] = Step::Next { name: name.clone(), past: self.steps.len() };
            }
            Tree::Redirected(tree, redirects) => {
                let enter = self.hole();
                self.around.push(Around::Redirects);
                self.tree(tree, tested);
                self.around.pop();
                self.steps.push(Step::Leave);
                self.steps[enter] = Step::Enter(redirects.clone(), self.steps.len());
            }
            Tree::Subshell(tree) => {
                let fork = self.hole();
                self.around.push(Around::Subshell);
                self.tree(tree, tested);
                self.around.pop();
                self.steps[fork] = Step::Fork(self.steps.len());
                self.steps.push(Step::Join);
            }
            Tree::Break(levels) => self.leave(*levels, true),
            Tree::Continue(levels) => self.leave(*levels, false),
        }
    }

    /// A place that is filled in later.
    fn hole(&mut self) -> usize {
        self.steps.push(Step::Settle);
        self.steps.len() - 1
    }

    fn body(&mut self, body: &Tree<C, W>, again: usize, items: bool, tested: bool) {
        self.around.push(Around::Loop { again, items, breaks: Vec::new() });
        self.tree(body, tested);
        self.steps.push(Step::Jump(again));
        let past = self.steps.len();
        if let Some(Around::Loop { breaks, .. }) = self.around.pop() {
            for at in breaks {
                self.steps[at] = Step::Jump(past);
            }
        }
    }

    /// Leaves loops, and what they stand in: `break` and `continue`. Outside of loops that is nothing.
    fn leave(&mut self, levels: usize, breaks: bool) {
        let loops = self.around.iter().filter(|around| matches!(around, Around::Loop { .. })).count();
        let mut levels = levels.clamp(1, loops.max(1));
        if loops == 0 {
            return;
        }
        self.steps.push(Step::Settle);
        for around in self.around.iter_mut().rev() {
            match around {
                Around::Redirects => self.steps.push(Step::Leave),
                Around::Subshell => self.steps.push(Step::Join),
                Around::Loop { items, .. } if levels > 1 => {
                    if *items {
                        self.steps.push(Step::EndLoop);
                    }
                    levels -= 1;
                }
                Around::Loop { again, .. } if !breaks => {
                    self.steps.push(Step::Jump(*again));
                    return;
                }
                Around::Loop { items, breaks, .. } => {
                    if *items {
                        self.steps.push(Step::EndLoop);
                    }
                    breaks.push(self.steps.len());
                    self.steps.push(Step::Settle);
                    return;
                }
            }
        }
    }
}
