//! Exports taken out of a library that is built.
//!
//! A DLL loses the name, and the address behind it, so that it is found neither by name nor by number. A shared object keeps an
//! entry that says that the symbol is somewhere else, or nowhere: neither a loader nor a linker then takes it from there.

use object::elf::{FileHeader64, SHN_UNDEF, SHT_DYNSYM, STB_WEAK};
use object::pe::IMAGE_DIRECTORY_ENTRY_EXPORT;
use object::read::elf::{FileHeader as _, SectionHeader as _, Sym as _};
use object::read::pe::PeFile64;
use object::{Endianness, FileKind};

/// Takes exports out of a library of this or another platform. Answers which of the names were there.
///
/// # Errors
/// A sentence about what the library is not, or why a name must stay.
pub fn trim<'a>(library: &mut [u8], names: &[&'a str]) -> Result<Vec<&'a str>, String> {
    match FileKind::parse(&*library) {
        Ok(FileKind::Pe64) => dll(library, names),
        Ok(FileKind::Elf64) => shared_object(library, names),
        Ok(kind) => Err(format!("exports cannot be taken out of {kind:?}")),
        Err(error) => Err(error.to_string()),
    }
}

/// Puts bytes where they belong.
fn put(library: &mut [u8], at: u64, bytes: &[u8]) -> Result<(), String> {
    let at = usize::try_from(at).ok().and_then(|at| library.get_mut(at..at.checked_add(bytes.len())?));
    at.ok_or("the file ends too early")?.copy_from_slice(bytes);
    Ok(())
}

/// One of the names, if it is one.
fn find<'a>(names: &[&'a str], name: &[u8]) -> Option<&'a str> {
    names.iter().copied().find(|wanted| wanted.as_bytes() == name)
}

/// Where an export directory says how many names there are.
const NUMBER_OF_NAMES: u32 = 24;

fn dll<'a>(library: &mut [u8], names: &[&'a str]) -> Result<Vec<&'a str>, String> {
    let told = |error: object::Error| error.to_string();
    let file = PeFile64::parse(&*library).map_err(told)?;
    let Some(exports) = file.export_table().map_err(told)? else { return Ok(Vec::new()) };
    let place = |address: u32| {
        let found = file.section_table().pe_file_range_at(address);
        found.map(|(offset, _)| offset).ok_or("an address of the exports is in no section")
    };
    let little = object::LittleEndian;
    let at = file.data_directory(IMAGE_DIRECTORY_ENTRY_EXPORT).ok_or("no exports")?.virtual_address.get(little);
    let directory = exports.directory();
    let (counted, name_list) = (place(at)? + NUMBER_OF_NAMES, place(directory.address_of_names.get(little))?);
    let ordinals = place(directory.address_of_name_ordinals.get(little))?;
    let functions = place(directory.address_of_functions.get(little))?;

    let (mut gone, mut gone_at, mut stays) = (Vec::new(), Vec::new(), Vec::new());
    for (name, index) in exports.name_iter() {
        match find(names, exports.name_from_pointer(name).map_err(told)?) {
            Some(name) => {
                gone.push(name);
                gone_at.push(index);
            }
            None => stays.push((name, index)),
        }
    }
    // The names are in order, and stay so.
    for (at, (name, index)) in (0_u64..).zip(&stays) {
        put(library, u64::from(name_list) + 4 * at, &name.to_le_bytes())?;
        put(library, u64::from(ordinals) + 2 * at, &index.0.to_le_bytes())?;
    }
    put(library, counted.into(), &(stays.len() as u32).to_le_bytes())?;
    for index in gone_at {
        put(library, u64::from(functions) + 4 * u64::from(index.0), &[0; 4])?;
    }
    Ok(gone)
}

fn shared_object<'a>(library: &mut [u8], names: &[&'a str]) -> Result<Vec<&'a str>, String> {
    let told = |error: object::Error| error.to_string();
    let data = &*library;
    let header = FileHeader64::<Endianness>::parse(data).map_err(told)?;
    let endian = header.endian().map_err(told)?;
    let sections = header.sections(endian, data).map_err(told)?;
    let symbols = sections.symbols(endian, data, SHT_DYNSYM).map_err(told)?;
    let start = sections.section(symbols.section()).map_err(told)?.sh_offset(endian);

    let (mut gone, mut places) = (Vec::new(), Vec::new());
    for (index, symbol) in symbols.enumerate() {
        let Some(name) = find(names, symbol.name(endian, symbols.strings()).map_err(told)?) else { continue };
        if symbol.st_shndx(endian) != SHN_UNDEF {
            gone.push(name);
            places.push((index, symbol.st_info()));
        }
    }
    for section in sections.iter() {
        let Some((used, _)) = section.rela(endian, data).map_err(told)? else { continue };
        for rela in used {
            if let Some(at) = places.iter().position(|(index, _)| index.0 == rela.r_sym(endian, false) as usize) {
                return Err(format!("{} is used in the library itself", gone[at]));
            }
        }
    }
    for (index, info) in places {
        let entry = start + (index.0 * size_of::<object::elf::Sym64<Endianness>>()) as u64;
        // Behind the name: kind and binding, who sees it, the section, the address and the size.
        put(library, entry + 4, &[info.0 & 0xF | STB_WEAK.0 << 4])?;
        put(library, entry + 6, &SHN_UNDEF.0.to_le_bytes())?;
        put(library, entry + 8, &[0; 16])?;
    }
    Ok(gone)
}
