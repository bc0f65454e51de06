//! The proof that a table is total: laying its rows over every cell, while the crate compiles.
//!
//! A cell that no row covers, a cell that two rows cover, a row that covers nothing, and a row that names a value
//! outside its trigger's domain each stop the build with a message that names the cell and the ids.

/// One axis of a table: its name and the names of its values.
pub struct Axis {
    /// The axis' name.
    pub name: &'static str,
    /// Its values' names.
    pub values: &'static [&'static str],
}

/// What one row covers: a set of values on each axis.
pub struct Cover<const AXES: usize> {
    /// The row's id.
    pub id: &'static str,
    /// The values covered, one bit a value.
    pub sets: [u128; AXES],
    /// The values that the row names itself; these must lie in the domain.
    pub named: [u128; AXES],
}

/// Which cells exist: for each value of the first axis, the values that every axis can have with it.
pub type Domain<'a, const AXES: usize> = &'a [[u128; AXES]];

/// The row of each cell, or [`NOWHERE`] outside the domain.
pub const NOWHERE: u16 = u16::MAX;

/// Lays the rows over the cells. The result maps a cell's [`place`] to a row's index.
///
/// # Panics
/// While compiling, when the table is not total.
pub const fn lay<const AXES: usize, const CELLS: usize>(
    axes: &[Axis; AXES],
    domain: Domain<'_, AXES>,
    covers: &[Cover<AXES>],
) -> [u16; CELLS] {
    let mut cells = [NOWHERE; CELLS];
    let mut row = 0;
    while row < covers.len() {
        if cover(axes, domain, covers, row, &mut cells) == 0 {
            panic!("{}", Text::new().push("row ").push(covers[row].id).push(" covers no cell").as_str());
        }
        row += 1;
    }
    let mut first = 0;
    while first < axes[0].values.len() {
        let mut sets = domain[first];
        sets[0] = 1 << first;
        let mut cell = lowest(&sets);
        while let Some(here) = cell {
            if cells[place(axes, &here)] == NOWHERE {
                panic!("{}", name(Text::new().push("no row: "), axes, &here).as_str());
            }
            cell = next(&sets, here);
        }
        first += 1;
    }
    cells
}

/// Declares the table of a stage whose cells are a call and what it can find, and the function that looks a row up.
///
/// What a call can find is said by `faults` of the module, the rows by `LIST`, whose members `id`, `calls` and `faults` are
/// read. Rows that are `named` must name nothing that one of their calls cannot find; others cover what theirs can.
macro_rules! by_call {
    ($Fault:ident, $named:literal: $(#[$about:meta])* $Row:ident) => {
        const AXES: [$crate::total::Axis; 2] = [
            $crate::total::Axis { name: "call", values: Call::NAMES },
            $crate::total::Axis { name: "fault", values: $Fault::NAMES },
        ];
        const CELLS: usize = Call::COUNT * $Fault::COUNT;
        static TABLE: [u16; CELLS] = lay_by_call();

        const fn lay_by_call() -> [u16; CELLS] {
            let mut domain = [[0; 2]; Call::COUNT];
            let mut at = 0;
            while at < Call::COUNT {
                domain[at] = [1 << at, faults(Call::ALL[at]).bits()];
                at += 1;
            }
            let mut covers = [const { $crate::total::Cover { id: "", sets: [0; 2], named: [0; 2] } }; LIST.len()];
            let mut at = 0;
            while at < LIST.len() {
                let (calls, faults) = (LIST[at].calls.bits(), LIST[at].faults.bits());
                let named = [0, if $named { faults } else { 0 }];
                covers[at] = $crate::total::Cover { id: LIST[at].id, sets: [calls, faults], named };
                at += 1;
            }
            $crate::total::lay(&AXES, &domain, &covers)
        }

        $(#[$about])*
        pub fn rule(call: Call, fault: $Fault) -> Option<&'static $Row> {
            ROWS.get(usize::from(TABLE[$crate::total::place(&AXES, &[call.index(), fault.index()])]))
        }
    };
}

pub(crate) use by_call;

/// Writes one row into its cells and counts them.
const fn cover<const AXES: usize>(
    axes: &[Axis; AXES],
    domain: Domain<'_, AXES>,
    covers: &[Cover<AXES>],
    row: usize,
    cells: &mut [u16],
) -> usize {
    let mut count = 0;
    let mut first = 0;
    while first < axes[0].values.len() {
        if covers[row].sets[0] >> first & 1 == 1 {
            let mut sets = covers[row].sets;
            sets[0] = 1 << first;
            let mut axis = 1;
            while axis < AXES {
                if covers[row].named[axis] & !domain[first][axis] != 0 {
                    let text = Text::new().push("row ").push(covers[row].id).push(" names a ").push(axes[axis].name);
                    panic!("{}", text.push(" outside the domain of ").push(axes[0].values[first]).as_str());
                }
                sets[axis] &= domain[first][axis];
                axis += 1;
            }
            let mut cell = lowest(&sets);
            while let Some(here) = cell {
                let at = place(axes, &here);
                if cells[at] != NOWHERE {
                    let text = name(Text::new().push("doubled: "), axes, &here);
                    let text = text.push(": ").push(covers[cells[at] as usize].id).push(" and ").push(covers[row].id);
                    panic!("{}", text.as_str());
                }
                cells[at] = row as u16;
                count += 1;
                cell = next(&sets, here);
            }
        }
        first += 1;
    }
    count
}

/// The flat index of a cell.
pub const fn place<const AXES: usize>(axes: &[Axis; AXES], cell: &[usize; AXES]) -> usize {
    let mut at = 0;
    let mut axis = 0;
    while axis < AXES {
        at = at * axes[axis].values.len() + cell[axis];
        axis += 1;
    }
    at
}

/// The first cell of the sets' product, if there is one.
const fn lowest<const AXES: usize>(sets: &[u128; AXES]) -> Option<[usize; AXES]> {
    let mut cell = [0; AXES];
    let mut axis = 0;
    while axis < AXES {
        if sets[axis] == 0 {
            return None;
        }
        cell[axis] = sets[axis].trailing_zeros() as usize;
        axis += 1;
    }
    Some(cell)
}

/// The cell after `cell` in the sets' product: an odometer over set bits.
const fn next<const AXES: usize>(sets: &[u128; AXES], mut cell: [usize; AXES]) -> Option<[usize; AXES]> {
    let mut axis = AXES;
    while axis > 0 {
        axis -= 1;
        let above = sets[axis] >> cell[axis] >> 1;
        if above != 0 {
            cell[axis] += 1 + above.trailing_zeros() as usize;
            return Some(cell);
        }
        cell[axis] = sets[axis].trailing_zeros() as usize;
    }
    None
}

/// Appends a cell's name: the value on each axis.
const fn name<const AXES: usize>(mut text: Text, axes: &[Axis; AXES], cell: &[usize; AXES]) -> Text {
    let mut axis = 0;
    while axis < AXES {
        if axis > 0 {
            text = text.push(" / ");
        }
        text = text.push(axes[axis].values[cell[axis]]);
        axis += 1;
    }
    text
}

/// A message built while compiling.
#[derive(Clone, Copy)]
struct Text {
    bytes: [u8; 400],
    length: usize,
}

impl Text {
    const fn new() -> Text {
        Text { bytes: [0; 400], length: 0 }
    }

    const fn push(mut self, more: &str) -> Text {
        let more = more.as_bytes();
        let mut at = 0;
        while at < more.len() && self.length < self.bytes.len() {
            self.bytes[self.length] = more[at];
            self.length += 1;
            at += 1;
        }
        self
    }

    const fn as_str(&self) -> &str {
        match core::str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) => text,
            Err(_) => "a message that is not UTF-8",
        }
    }
}
