/// A pattern of `LIKE`: `%` stands for any text, `_` for one character, `\` takes the next one as it
/// is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Piece>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Any,
    One,
    Char(char),
}

impl Pattern {
    pub fn new(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut characters = text.chars();
        while let Some(c) = characters.next() {
            match c {
                '%' if pieces.last() == Some(&Piece::Any) => {}
                '%' => pieces.push(Piece::Any),
                '_' => pieces.push(Piece::One),
                '\\' => pieces.push(Piece::Char(characters.next().unwrap_or('\\'))),
                c => pieces.push(Piece::Char(c)),
            }
        }
        Pattern(pieces)
    }

    /// Whether all of `text` fits.
    pub fn fits(&self, text: &str) -> bool {
        let single = self.0.iter().filter(|piece| **piece != Piece::Any).count();
        if single > text.len() {
            return false;
        }
        let text: Vec<char> = text.chars().collect();
        let (mut at, mut piece) = (0, 0);
        // Where to go back to: the last `%`, and the text that it has not swallowed yet.
        let mut retry: Option<(usize, usize)> = None;
        while at < text.len() {
            match self.0.get(piece) {
                Some(Piece::Any) => {
                    retry = Some((piece, at));
                    piece += 1;
                }
                Some(Piece::One) => (at, piece) = (at + 1, piece + 1),
                Some(Piece::Char(c)) if *c == text[at] => (at, piece) = (at + 1, piece + 1),
                _ => match &mut retry {
                    None => return false,
                    Some((any, swallowed)) => {
                        *swallowed += 1;
                        (at, piece) = (*swallowed, *any + 1);
                    }
                },
            }
        }
        self.0[piece..].iter().all(|piece| *piece == Piece::Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_as_in_sql() {
        for (pattern, text, fits) in [
            ("天河%", "天河体育中心", true),
            ("%中心", "天河体育中心", true),
            ("天_体%", "天河体育中心", true),
            ("天河", "天河体育中心", false),
            ("%", "", true),
            ("", "", true),
            ("_", "", false),
            ("%a%b", "xaxbab", true),
            ("%a%b", "xaxba", false),
            ("100\\%", "100%", true),
            ("100\\%", "1000", false),
            ("A%", "a1", false),
        ] {
            assert_eq!(Pattern::new(pattern).fits(text), fits, "{pattern} {text}");
        }
    }
}
