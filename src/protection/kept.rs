use super::{Policy, PublishError};
use crate::{
    domain::{Grouping, Protection},
    store::{ChangeNumber, ImportRecord, Store, StoredNetwork},
};

/// What was published as one so far, as the home of the exact city keeps it.
pub(super) struct Kept {
    pub grouping: Grouping,
    /// The commit that wrote it; `None` where the city was never published.
    number: Option<ChangeNumber>,
}

impl Kept {
    pub fn read(from: &dyn Store) -> Result<Self, PublishError> {
        let number = from.network_number(Grouping::NAME)?;
        let grouping = match from.network(Grouping::NAME)? {
            Some(stored) => Grouping::from_bytes(&stored.bytes).map_err(PublishError::Groups)?,
            None => Grouping::default(),
        };
        Ok(Kept { grouping, number })
    }

    /// Writes what is published as one from now on beside the exact city, and answers what the
    /// publication is sealed with.
    ///
    /// # Errors
    /// Somebody else published meanwhile; what the home says.
    pub fn write(
        mut self,
        from: &dyn Store,
        policy: &Policy,
        day: &str,
    ) -> Result<String, PublishError> {
        let grouping = &mut self.grouping;
        let publication = grouping.publications() + 1;
        let seal = policy.seal(grouping.last_seal(), publication, &grouping.to_bytes());
        grouping.seal(seal.clone());
        let stored = StoredNetwork {
            period: day.parse().map_err(|_| PublishError::Day(day.to_owned()))?,
            record: ImportRecord::default(),
            bytes: grouping.to_bytes(),
        };
        if from.network_number(Grouping::NAME)? != self.number {
            return Err(PublishError::Overtaken);
        }
        from.set_network(Grouping::NAME, &stored)?;
        Ok(seal)
    }
}

/// The target is empty, or was published by the same policy with groups that are known.
pub(super) fn check_target(
    to: &dyn Store,
    protection: &Protection,
    grouping: &Grouping,
) -> Result<(), PublishError> {
    let is_empty = to.change_number()? == 0;
    let Some(note) = to.setting(Protection::SETTING)? else {
        return match is_empty {
            true => Ok(()),
            false => Err(PublishError::Exact),
        };
    };
    let known: Protection =
        serde_json::from_str(&note).map_err(|e| PublishError::Note(e.to_string()))?;
    if known.fingerprint != protection.fingerprint || known.cell_m != protection.cell_m {
        return Err(PublishError::OtherPolicy);
    }
    let seal = to.setting(Grouping::SEAL)?;
    let is_known = seal.is_some_and(|seal| grouping.publication_of(&seal).is_some());
    // One that was interrupted before its first row has shown nothing.
    match is_known || is_empty {
        true => Ok(()),
        false => Err(PublishError::OtherGroups),
    }
}
