use std::borrow::Cow;

use encoding_rs::{Encoding, GB18030, UTF_8};

/// Text of unknown encoding: UTF-8 (with or without byte-order mark), UTF-16 with one, else
/// GB18030, which GBK and GB2312 are part of. The second value names what was found.
pub fn decode(bytes: &[u8]) -> (Cow<'_, str>, &'static str) {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let name = if encoding == UTF_8 {
            "UTF-8 (BOM)"
        } else {
            encoding.name()
        };
        return (encoding.decode_without_bom_handling(&bytes[mark..]).0, name);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => (Cow::Borrowed(text), "UTF-8"),
        Err(_) => (GB18030.decode_without_bom_handling(bytes).0, "GB18030"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_text_is_read_in_every_usual_encoding() {
        let text = "街道,常住人口\n沙面,1200";
        let gbk = GB18030.encode(text).0.into_owned();
        assert_eq!(decode(&gbk), (Cow::Borrowed(text), "GB18030"));
        assert_eq!(decode(text.as_bytes()), (Cow::Borrowed(text), "UTF-8"));
        let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
        assert_eq!(decode(&marked), (Cow::Borrowed(text), "UTF-8 (BOM)"));
    }
}
