use super::{Policy, PublishError, shown::Shown};
use crate::{
    domain::{Catalog, Grouping, LayerId, Period, Protection},
    store::{ChangeNumber, ImportRecord, Store, StoredNetwork},
};

/// What was published as one so far, and the exact counts behind it, as the home of the exact city
/// keeps them.
pub(super) struct Kept<'a> {
    pub grouping: Grouping,
    pub shown: Shown,
    catalog: &'a Catalog,
    /// The commit that wrote the groups; `None` where the city was never published.
    number: Option<ChangeNumber>,
}

impl<'a> Kept<'a> {
    /// The names of what the home keeps of it.
    pub const NAMES: [&'static str; 2] = [Grouping::NAME, Shown::NAME];

    pub fn read(from: &dyn Store, catalog: &'a Catalog) -> Result<Self, PublishError> {
        let number = from.network_number(Grouping::NAME)?;
        let grouping = match from.network(Grouping::NAME)? {
            Some(stored) => Grouping::from_bytes(&stored.bytes).map_err(PublishError::Groups)?,
            None => Grouping::default(),
        };
        let layer_of = |id: &LayerId| catalog.layer(id.as_str()).map(|layer| &**layer);
        let shown = match from.network(Shown::NAME)? {
            Some(stored) => {
                Shown::from_bytes(&stored.bytes, layer_of).map_err(PublishError::Counts)?
            }
            None if grouping.has_counts() => {
                return Err(PublishError::Counts("it is missing".into()));
            }
            None => Shown::default(),
        };
        Ok(Kept {
            grouping,
            shown,
            catalog,
            number,
        })
    }

    /// Writes what is published as one from now on beside the exact city, and what it is made of.
    /// Answers what the publication is sealed with.
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
        grouping.keep_counts();
        grouping.set_key(Some(policy.fingerprint()));
        let seal = policy.seal(grouping.last_seal(), publication, &grouping.to_bytes());
        grouping.seal(seal.clone());
        let period: Period = day.parse().map_err(|_| PublishError::Day(day.to_owned()))?;
        let stored = |bytes| StoredNetwork {
            period: period.clone(),
            record: ImportRecord::default(),
            bytes,
        };
        let groups = stored(grouping.to_bytes());
        let layer_of = |id: &LayerId| self.catalog.layer(id.as_str()).map(|layer| &**layer);
        let shown = self.shown.to_bytes(layer_of);
        let shown = stored(shown.map_err(|e| PublishError::Note(e.to_string()))?);
        if from.network_number(Grouping::NAME)? != self.number {
            return Err(PublishError::Overtaken);
        }
        let mut both = vec![(Grouping::NAME, &groups)];
        if from.network(Shown::NAME)?.as_ref() != Some(&shown) {
            both.push((Shown::NAME, &shown));
        }
        from.set_networks(&both)?;
        Ok(seal)
    }
}

/// Whether the city was published by another key or k, into whatever home.
pub(super) fn check_key(grouping: &Grouping, fingerprint: &str) -> Result<(), PublishError> {
    match grouping.key() {
        Some(known) if known != fingerprint => Err(PublishError::OtherKey(known.to_owned())),
        _ => Ok(()),
    }
}

/// The fingerprint of the key that the city was last published with; `None` where any may be used.
///
/// # Errors
/// What the home says.
pub fn published_key(from: &dyn Store) -> Result<Option<String>, PublishError> {
    let Some(stored) = from.network(Grouping::NAME)? else {
        return Ok(None);
    };
    let grouping = Grouping::from_bytes(&stored.bytes).map_err(PublishError::Groups)?;
    Ok(grouping.key().map(str::to_owned))
}

/// Lets another key or k follow the one that the city was published by, once all that was published by
/// it is out of use. `fingerprint`: of the key that ends.
///
/// # Errors
/// A fingerprint of another key; somebody published meanwhile; what the home says.
pub fn retire_key(from: &dyn Store, fingerprint: &str) -> Result<(), PublishError> {
    let number = from.network_number(Grouping::NAME)?;
    let Some(mut stored) = from.network(Grouping::NAME)? else {
        return Ok(());
    };
    let mut grouping = Grouping::from_bytes(&stored.bytes).map_err(PublishError::Groups)?;
    check_key(&grouping, fingerprint)?;
    grouping.set_key(None);
    stored.bytes = grouping.to_bytes();
    if from.network_number(Grouping::NAME)? != number {
        return Err(PublishError::Overtaken);
    }
    from.set_network(Grouping::NAME, &stored)?;
    Ok(())
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
    for name in Kept::NAMES {
        if to.network_number(name)?.is_some() {
            return Err(PublishError::Exposed(name));
        }
    }
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
