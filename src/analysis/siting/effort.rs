/// How long to go on (求解力度): a number of looks at pairs, which is the same on every machine, and
/// somebody who still waits.
#[derive(Clone, Copy)]
pub struct Effort<'a> {
    /// Pairs looked at before a search for proof gives up; a first choice is always made.
    pub pairs: u64,
    /// Asked now and then; `false` stops the search without an answer.
    pub go_on: &'a (dyn Fn() -> bool + Sync),
}

impl Default for Effort<'_> {
    fn default() -> Self {
        Effort {
            pairs: Self::USUAL,
            go_on: &|| true,
        }
    }
}

impl Effort<'_> {
    /// About a tenth of a second; several of them where the places are hundreds of thousands.
    pub const USUAL: u64 = 50_000_000;
}

/// What of an effort is left.
pub(super) struct Budget<'a> {
    effort: Effort<'a>,
    used: u64,
}

impl<'a> Budget<'a> {
    pub fn new(effort: Effort<'a>) -> Self {
        Budget { effort, used: 0 }
    }

    /// Counts some pairs that were looked at.
    pub fn spend(&mut self, pairs: usize) {
        self.used = self.used.saturating_add(pairs as u64 + 1);
    }

    pub fn is_left(&self) -> bool {
        self.used < self.effort.pairs
    }

    /// Pairs that a part of the whole may still use.
    pub fn share(&self, part: u64) -> u64 {
        self.effort.pairs.saturating_sub(self.used) / part.max(1)
    }

    pub fn used(&self) -> u64 {
        self.used
    }

    /// `None` where nobody waits any longer.
    pub fn check(&self) -> Option<()> {
        (self.effort.go_on)().then_some(())
    }
}
