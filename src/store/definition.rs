use super::{ChangeNumber, ImportRecord};

/// A definition of the city's own (norms, zoning rules, plan targets …): a text that this room
/// does not look into, under a kind and an id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Definition {
    pub kind: String,
    pub id: String,
    /// TOML or JSON, as the kind has it.
    pub text: String,
    pub record: ImportRecord,
}

/// A definition as the store holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDefinition {
    pub definition: Definition,
    /// The commit that wrote it.
    pub number: ChangeNumber,
}
