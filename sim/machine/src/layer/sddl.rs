//! Security descriptors as text, which old layers have: read into bytes, self-relative. The common part of the language: accounts
//! that are the same everywhere, plain entries; the rest is refused.

use hcs_rules::transport::sddl::{
    ACCOUNTS, FLAGS, HAS_ACCESS, HAS_AUDITS, KINDS, LIST_FLAGS, LIST_LIMIT, NO_LIST, NUMBERS, RIGHTS, SELF_RELATIVE,
};

/// Reads a descriptor; `None` if it is not one, or has a part that is not read.
pub fn read(text: &str) -> Option<Vec<u8>> {
    let [mut owner, mut group, mut audits, mut access] = [const { None }; 4];
    let mut control = SELF_RELATIVE;
    let mut rest = text;
    while !rest.is_empty() {
        let letter = rest.get(..2)?;
        let (body, after) = section(&rest[2..]);
        match letter {
            "O:" => once(&mut owner, account(body)?)?,
            "G:" => once(&mut group, account(body)?)?,
            "D:" => {
                let (flags, list) = list(body, false)?;
                control |= flags | HAS_ACCESS;
                once(&mut access, list)?;
            }
            "S:" => {
                let (flags, list) = list(body, true)?;
                control |= flags << 1 | HAS_AUDITS;
                once(&mut audits, list)?;
            }
            _ => return None,
        }
        rest = after;
    }
    let mut bytes = vec![1, 0];
    bytes.extend(control.to_le_bytes());
    let parts = [owner, group, audits, access].map(Option::unwrap_or_default);
    let mut at = 20;
    for part in &parts {
        let offset = if part.is_empty() { 0 } else { at as u32 };
        bytes.extend(offset.to_le_bytes());
        at += part.len();
    }
    parts.iter().for_each(|part| bytes.extend(part));
    Some(bytes)
}

fn once<T>(slot: &mut Option<T>, value: T) -> Option<()> {
    slot.replace(value).is_none().then_some(())
}

/// The text of a section, and what is behind it: the next section begins with a letter and a colon outside of parentheses.
fn section(text: &str) -> (&str, &str) {
    let mut depth = 0_u32;
    for (at, letter) in text.bytes().enumerate() {
        match letter {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b':' if depth == 0 && at > 0 => {
                return match text.is_char_boundary(at - 1) {
                    true => text.split_at(at - 1),
                    false => (text, ""),
                };
            }
            _ => {}
        }
    }
    (text, "")
}

/// The bytes of an account: two letters, or an identifier in full.
fn account(text: &str) -> Option<Vec<u8>> {
    let named = ACCOUNTS.iter().find(|(letters, ..)| letters.eq_ignore_ascii_case(text));
    let (authority, numbers) = match named {
        Some((_, authority, numbers)) => (u64::from(*authority), numbers.to_vec()),
        None => {
            let mut parts = text.strip_prefix("S-1-").or_else(|| text.strip_prefix("s-1-"))?.split('-');
            let authority = number(parts.next()?).filter(|authority| *authority < 1 << 48)?;
            let numbers: Option<Vec<u32>> =
                parts.take(NUMBERS + 1).map(|part| u32::try_from(number(part)?).ok()).collect();
            (authority, numbers.filter(|numbers| (1..=NUMBERS).contains(&numbers.len()))?)
        }
    };
    let mut bytes = vec![1, numbers.len() as u8];
    bytes.extend(&authority.to_be_bytes()[2..]);
    numbers.iter().for_each(|number| bytes.extend(number.to_le_bytes()));
    Some(bytes)
}

/// A number as these texts write it: decimal, or hexadecimal behind `0x`.
fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) if digits.bytes().all(|digit| digit.is_ascii_hexdigit()) => u64::from_str_radix(digits, 16).ok(),
        None if text.bytes().all(|digit| digit.is_ascii_digit()) => text.parse().ok(),
        _ => None,
    }
}

/// The flags of a list, and its bytes; none for the list that lets everybody do everything.
fn list(text: &str, is_of_audits: bool) -> Option<(u16, Vec<u8>)> {
    let (mut words, entries) = text.split_at(text.find('(').unwrap_or(text.len()));
    let mut flags = 0;
    let mut is_there = true;
    while !words.is_empty() {
        if let Some(rest) = words.strip_prefix(NO_LIST) {
            (words, is_there) = (rest, false);
            continue;
        }
        let (word, flag) = LIST_FLAGS.iter().find(|(word, _)| words.starts_with(word))?;
        flags |= flag;
        words = &words[word.len()..];
    }
    if !is_there {
        return (entries.is_empty() && !is_of_audits).then_some((flags, Vec::new()));
    }
    let mut body = Vec::new();
    let mut count = 0_u16;
    let mut rest = entries;
    while !rest.is_empty() {
        let (one, after) = rest.strip_prefix('(')?.split_once(')')?;
        body.extend(entry(one, is_of_audits)?);
        count = count.checked_add(1)?;
        if body.len() + 8 > LIST_LIMIT {
            return None;
        }
        rest = after;
    }
    let mut bytes = vec![2, 0];
    bytes.extend(((body.len() + 8) as u16).to_le_bytes());
    bytes.extend(count.to_le_bytes());
    bytes.extend([0, 0]);
    bytes.extend(body);
    Some((flags, bytes))
}

/// One entry: kind, flags, rights, two identifiers of objects that are not read, account.
fn entry(text: &str, is_of_audits: bool) -> Option<Vec<u8>> {
    let parts: Vec<&str> = text.splitn(7, ';').collect();
    let [kind, flags, rights, "", "", who] = parts[..] else { return None };
    let (_, kind, _) = KINDS.iter().find(|(name, _, audits)| *name == kind && *audits == is_of_audits)?;
    let mut mask = 0;
    for word in pairs(flags)? {
        mask |= FLAGS.iter().find(|(name, _)| *name == word)?.1;
    }
    let account = account(who)?;
    let mut bytes = vec![*kind, mask];
    bytes.extend(((8 + account.len()) as u16).to_le_bytes());
    bytes.extend(access(rights)?.to_le_bytes());
    bytes.extend(account);
    Some(bytes)
}

fn access(text: &str) -> Option<u32> {
    if text.starts_with(|letter: char| letter.is_ascii_digit()) {
        return u32::try_from(number(text)?).ok();
    }
    let mut mask = 0;
    for word in pairs(text)? {
        mask |= RIGHTS.iter().find(|(name, _)| *name == word)?.1;
    }
    Some(mask)
}

/// Words of two letters.
fn pairs(text: &str) -> Option<impl Iterator<Item = &str>> {
    (text.is_ascii() && text.len().is_multiple_of(2)).then(|| (0..text.len()).step_by(2).map(|at| &text[at..at + 2]))
}
