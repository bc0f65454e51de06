//! Texts as the functions of Windows take them.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::windows::ffi::OsStrExt as _;

use crate::{Problem, Program, command_line};

/// A text without a zero.
fn units(text: &OsStr) -> Result<Vec<u16>, Problem> {
    let units: Vec<u16> = text.encode_wide().collect();
    if units.contains(&0) { Err(Problem::Argument(text.to_owned())) } else { Ok(units) }
}

/// A text with a zero at its end.
pub(crate) fn wide(text: &OsStr) -> Result<Vec<u16>, Problem> {
    let mut units = units(text)?;
    units.push(0);
    Ok(units)
}

/// The program and its arguments as one line, with a zero at its end.
pub(crate) fn command_line(program: &Program) -> Result<Vec<u16>, Problem> {
    let file = units(&program.file)?;
    if file.is_empty() || file.contains(&u16::from(b'"')) {
        return Err(Problem::Argument(program.file.clone()));
    }
    let arguments = program.arguments.iter().map(|argument| units(argument)).collect::<Result<Vec<_>, _>>()?;
    let mut line = command_line::line(&file, arguments.iter().map(Vec::as_slice));
    line.push(0);
    Ok(line)
}

/// The environment of the program: this process's, and what it has beside or instead. Names differ by more than the size of
/// their letters, and are in order.
pub(crate) fn environment(program: &Program) -> Result<Vec<u16>, Problem> {
    let mut variables: BTreeMap<OsString, (OsString, OsString)> = BTreeMap::new();
    for (name, value) in std::env::vars_os().chain(program.variables.iter().cloned()) {
        variables.insert(name.to_ascii_uppercase(), (name, value));
    }
    let mut block = Vec::new();
    for (name, value) in variables.values() {
        block.extend(units(name)?);
        block.push(u16::from(b'='));
        block.extend(wide(value)?);
    }
    // One more zero ends the block; without variables there are two all the same.
    block.extend(std::iter::repeat_n(0, 1 + usize::from(block.is_empty())));
    Ok(block)
}
