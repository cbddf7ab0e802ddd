use super::ChangeNumber;

/// How long what was answered is kept, hours: who sends a write again does so within a day.
pub(super) const KEPT_HOURS: u32 = 48;

/// The name that its sender gives to a write, so that it is made once however often it is sent (幂等键).
#[derive(Clone, Copy, Debug)]
pub struct Once<'a> {
    /// Every account has keys of its own.
    pub key: &'a str,
    /// The hash of what is asked for.
    pub digest: &'a str,
    /// What is answered, kept for whoever sends it again.
    pub answer: &'a str,
}

/// What was answered to a write that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAnswer {
    /// The hash of what was asked for.
    pub digest: String,
    /// The commit; where nothing differed, the last one before it.
    pub number: ChangeNumber,
    pub answer: String,
}
