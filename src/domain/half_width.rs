/// The half-width form of a full-width letter, digit or mark (全角).
pub fn half_width(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '【' | '〔' => '[',
        '】' | '〕' => ']',
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(c as u32 - 0xfee0).expect("full-width forms map into ASCII")
        }
        other => other,
    }
}
