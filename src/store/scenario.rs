/// A scenario (方案) as a home keeps it: what its edits say is not the home's to know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredScenario {
    pub id: u64,
    pub name: String,
    pub note: String,
    /// What the city was to whoever made it; empty for the home's own city, the one that it holds.
    pub reading: String,
    /// Grows by one with every write; who writes says which one was read.
    pub version: u64,
    /// UTC, RFC 3339.
    pub created_at: String,
    pub changed_at: String,
    /// Edits in their order, JSON.
    pub edits: Vec<String>,
    /// Edits that were taken back, the one to be done again first.
    pub undone: Vec<String>,
}

/// One entry of the change log of scenarios.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioChange {
    pub number: u64,
    /// UTC, RFC 3339.
    pub at: String,
    pub scenario: u64,
    /// The version that the scenario had after it.
    pub version: u64,
    /// What was done: `create`, `edit`, `undo`, `redo`, `describe`, `delete`.
    pub what: String,
}
