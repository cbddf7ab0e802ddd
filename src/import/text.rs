//! Text encodings: Chinese files come in UTF-8 and in GB18030 without saying which.

use std::borrow::Cow;

use encoding_rs::{Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::ImportError;

/// The encoding that a steward named.
///
/// # Errors
/// A name that is no encoding.
pub(super) fn named(name: &str) -> Result<&'static Encoding, ImportError> {
    let name = name.trim();
    let known = match name.to_ascii_uppercase().as_str() {
        "936" | "CP936" | "ANSI 936" | "GBK" | "GB2312" | "GB18030" | "GB-18030" => Some(GB18030),
        "65001" | "UTF8" | "UTF-8" | "UTF_8" => Some(UTF_8),
        "950" | "CP950" => Encoding::for_label(b"big5"),
        "932" | "CP932" => Encoding::for_label(b"shift_jis"),
        "1252" | "CP1252" | "ANSI 1252" | "88591" | "8859-1" | "LATIN1" => Some(WINDOWS_1252),
        other => Encoding::for_label(other.as_bytes()),
    };
    known.ok_or_else(|| ImportError::UnknownEncoding(name.chars().take(40).collect()))
}

/// The encoding that explains `bytes`: a byte-order mark, UTF-8, GB18030, else Windows-1252.
pub(super) fn detect(bytes: &[u8]) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding;
    }
    if std::str::from_utf8(bytes).is_ok() {
        UTF_8
    } else if GB18030
        .decode_without_bom_handling_and_without_replacement(bytes)
        .is_some()
    {
        GB18030
    } else {
        WINDOWS_1252
    }
}

/// `bytes` as text without byte-order mark, and whether characters had to be replaced.
pub(super) fn decode<'b>(bytes: &'b [u8], encoding: &'static Encoding) -> (Cow<'b, str>, bool) {
    let (text, _, replaced) = encoding.decode(bytes);
    (text, replaced)
}

/// A short text such as a file name in a zip, whatever its encoding.
pub(super) fn decode_lossy(bytes: &[u8]) -> String {
    decode(bytes, detect(bytes)).0.into_owned()
}

/// The name of an encoding as a steward knows it.
pub(super) fn name(encoding: &'static Encoding) -> &'static str {
    if encoding == GB18030 {
        "GB18030"
    } else if encoding == UTF_16LE || encoding == UTF_16BE {
        "UTF-16"
    } else {
        encoding.name()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_encodings_are_told_apart() {
        let gb = GB18030.encode("海珠区,𠮷").0.into_owned();
        assert_eq!(name(detect("海珠区".as_bytes())), "UTF-8");
        assert_eq!(name(detect(b"\xef\xbb\xbfid")), "UTF-8");
        assert_eq!(name(detect(&gb)), "GB18030");
        assert_eq!(decode(&gb, GB18030).0, "海珠区,𠮷");
        assert_eq!(name(detect(b"\xff\xfei\0d\0")), "UTF-16");
        assert_eq!(name(detect(b"caf\xe9 ")), "windows-1252");
        assert_eq!(decode(b"\xef\xbb\xbfid", UTF_8).0, "id");
    }

    #[test]
    fn stewards_may_name_encodings_their_way() {
        for text in ["gbk", "936", "ANSI 936", "GB2312"] {
            assert_eq!(named(text).unwrap(), GB18030);
        }
        assert!(named("klingon").is_err());
    }
}
