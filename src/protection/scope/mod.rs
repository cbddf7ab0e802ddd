//! The city of a district official.

mod families;
mod ground;
mod joined;
mod rows;
mod units;

use sha2::{Digest, Sha256};

use crate::{
    city::City,
    domain::{AreaCode, LayerId, Period},
    store::ChangeNumber,
};
use ground::{Definitions, Kind, State};
use joined::Joined;

pub use ground::Ground;

type Digest256 = [u8; 32];

/// The layers of a district official's city with what they were made of: the next city takes over
/// those that are as they were, so that an edit of a school joins no homes anew, nor one of a home
/// elsewhere those of this scope.
#[derive(Clone, Debug, Default)]
pub struct Joins {
    made: Vec<Join>,
    definitions: Option<Definitions>,
}

#[derive(Clone, Debug)]
struct Join {
    layer: LayerId,
    period: Period,
    /// `None` where nothing of it is published.
    public: Option<ChangeNumber>,
    exact: Touch,
    joined: Joined,
}

/// Names what a layer can show exactly in a scope: where it is the same, so is that.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Touch {
    Rows(Digest256),
    /// The state, and the publication that says what is known as one.
    State(ChangeNumber, Option<u32>),
}

impl Joins {
    /// The layer as it was made of the same publication.
    fn of(&self, state: &State) -> Option<&Join> {
        self.made.iter().find(|join| {
            join.layer == state.inside.layer().id
                && join.period == *state.inside.index.period()
                && join.public == state.outside.as_ref().map(|outside| outside.version)
        })
    }

    /// How many bytes they hold that nobody else does, about.
    pub fn heap_bytes(&self) -> usize {
        self.made.iter().map(|join| join.joined.own_bytes).sum()
    }
}

/// The city of a district official: exact people and units in the areas of the scope, the pieces of
/// the published city outside; facilities and stations, which are published as they are, as they are
/// now; everything else as it was published.
///
/// What is published as one is known as one: a piece that was merged across the border of the scope
/// stays as it is, and what of it lies inside is not counted once more. What is new since then is in
/// no piece yet: it is known where it can only be published within the scope. Where the exact city
/// does not know what this publication has as one, units are known as published alone. The scope has
/// the codes of areas down to the subdistrict. Its stamp, and the version of each layer, is made of
/// what it shows alone, so it tells of no edit outside the scope. `before`: the layers of the last
/// city of the same scope; those of this one are returned.
pub fn exact_within(ground: &Ground, scope: &[AreaCode], before: &Joins) -> (City, Joins) {
    let known = before.definitions.as_ref() == Some(&ground.definitions);
    let mut made = Vec::new();
    let mut shown: Vec<&Joined> = Vec::new();
    let mut name = Sha256::new();
    name.update(ground.public.stamp().to_be_bytes());
    for state in &ground.states {
        if let Kind::Personal(personal) = &state.kind {
            let touch = personal
                .exact
                .touch(&state.inside, ground.publication, scope);
            let last = before.of(state).filter(|_| known);
            made.push(Join {
                layer: state.inside.layer().id.clone(),
                period: state.inside.index.period().clone(),
                public: state.outside.as_ref().map(|outside| outside.version),
                joined: match last.filter(|last| last.exact == touch) {
                    Some(last) => last.joined.clone(),
                    None => {
                        let last = last.map(|last| &last.joined);
                        Joined::within(state, personal, &ground.levels, scope, last)
                    }
                },
                exact: touch,
            });
        }
    }
    let mut own = made.iter();
    for state in &ground.states {
        let joined = match &state.kind {
            Kind::Personal(_) => own.next().map(|join| &join.joined),
            Kind::Open(joined) => joined.as_ref(),
        };
        if let Some(joined) = joined {
            name.update(joined.digest);
            shown.push(joined);
        }
    }
    for code in scope {
        name.update(code.as_str());
        name.update([0]);
    }
    let name = number(&name.finalize().into());
    let city = ground.city(shown.into_iter().map(|joined| &joined.layer), name);
    let definitions = Some(ground.definitions.clone());
    (city, Joins { made, definitions })
}

/// The publication of the exact city that a protected city is; `None` where the exact city does not
/// know of it.
pub fn publication(exact: &City, public: &City) -> Option<u32> {
    exact.grouping()?.get()?.publication_of(public.seal()?)
}

/// A number that a digest is known by; never 0.
fn number(digest: &Digest256) -> u64 {
    let first: [u8; 8] = digest[..8].try_into().expect("32 bytes");
    u64::from_be_bytes(first).max(1)
}

/// Whether an area lies in the scope: its code begins with one of it.
fn is_of(code: &str, scope: &[AreaCode]) -> bool {
    scope.iter().any(|own| code.starts_with(own.as_str()))
}

/// Whether one of the areas that something lies in lies in the scope.
fn is_inside(unit: &[Option<Box<str>>], scope: &[AreaCode]) -> bool {
    unit.iter().flatten().any(|code| is_of(code, scope))
}
