use super::standpoint::unknown_reading;
use crate::store::{Store, StoreError};

/// Brings the scenarios that officials kept in the home of the published city into the home of the
/// exact one, and answers how many there were. Of whose district they tell is not known: they are read
/// by those who read the exact city, and by nobody else.
///
/// # Errors
/// What the homes say; what was brought over so far is in its new home.
pub fn take_over(from: &dyn Store, to: &dyn Store) -> Result<u64, StoreError> {
    let mut brought = 0;
    for old in from.scenarios()? {
        let mut made = to.create_scenario(&old.name, &old.note, unknown_reading())?;
        (made.edits, made.undone) = (old.edits, old.undone);
        let made = to.put_scenario(&made, "edit")?;
        match from.delete_scenario(old.id, old.version) {
            Ok(()) => brought += 1,
            // Another server has brought it over meanwhile.
            Err(StoreError::NoScenario(_) | StoreError::ScenarioChanged { .. }) => {
                to.delete_scenario(made.id, made.version)?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(brought)
}
