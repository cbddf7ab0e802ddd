use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    carry::{carried, check_codes},
    defined, is_number,
    question::Question,
    rows::{PERIODS, Pairing},
};
use crate::{
    city::City,
    domain::{Crosswalk, Language, LeftOut, Period, TermFormat, Title},
    query::{Answer, Limits, QueryError, Row, table::column},
};

/// The two times that a question is compared between.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Between {
    /// Every layer is read at its newest state at or before it.
    pub from: Period,
    /// The same; the newest of all without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Period>,
}

/// One question's answers at two times, row by row with their difference (时点对比).
///
/// Every number becomes `then.…`, `now.…` and `difference.…` (now less then), undefined where either
/// is and exactly zero where nothing changed; of a count, `change_share.…` is the difference as a
/// share of what there was, undefined where that is none. Totals are those of both answers. The
/// provenance names each layer at each of the dates that it was read at.
///
/// Where area codes changed in between, sums over areas are carried over by the crosswalk of these
/// boundaries, or by several that lead there one after the other: a count is divided in whole numbers by largest remainders, so that the totals stay;
/// anything else of a divided area is undefined.
///
/// # Errors
/// As the question itself at either time; populations of two calibers; and area codes that do not
/// match where no crosswalk says what became of them: these are named.
pub fn change(
    city: &City,
    question: &Question,
    between: &Between,
    language: Language,
    changed_only: bool,
    limits: &Limits,
) -> Result<Answer<Row, Vec<Row>>, QueryError> {
    let Between { from, to } = between;
    if to.as_ref().is_some_and(|to| to < from) {
        let problem = "the earlier time comes first: from=EARLIER&to=LATER";
        return Err(QueryError::field("from", problem));
    }
    let crosswalks = check_codes(city, question, between)?;
    let mut before = question
        .clone()
        .at(Some(from))
        .ask(city, language, &limits.part())?;
    let after = question
        .clone()
        .at(to.as_ref())
        .ask(city, language, limits)?;
    let calibers = [&before.provenance.caliber, &after.provenance.caliber];
    if let [Some(then), Some(now)] = calibers
        && then != now
    {
        let problem = format!(
            "the population is {then} then and {now} now, which are never held against each other: \
             name one that both times have"
        );
        return Err(QueryError::field("caliber", problem));
    }
    if let Some(level) = question.level() {
        for (step, crosswalk) in crosswalks.iter().enumerate() {
            let is_last = step + 1 == crosswalks.len();
            let period = if is_last {
                to.as_ref()
            } else {
                Some(&crosswalk.to)
            };
            before.rows = carried(&before.rows, crosswalk, city.areas().at(level, period));
        }
    }
    let catalog = city.catalog();
    let is_number = |key: &str| is_number(catalog, key);
    let is_count = |key: &str| {
        let column = column(catalog, key).filter(|_| !key.ends_with("difference"));
        column.is_some_and(|column| column.format == TermFormat::Integer)
    };
    let pairing = Pairing {
        sides: PERIODS,
        keys: question.keys(),
        words: question.words(),
        is_number: &is_number,
        is_count: &is_count,
    };
    let mut rows = pairing.side_by_side(&before.rows, &after.rows);
    if changed_only {
        rows.retain(|row| pairing.is_changed(row));
    }
    let mut query = after.query;
    if let Some(fields) = query.as_object_mut() {
        fields.remove("period");
        fields.insert("from".into(), json!(from));
        fields.insert("to".into(), json!(to));
        fields.insert("changed_only".into(), json!(changed_only));
        if !crosswalks.is_empty() {
            let ids: Vec<String> = crosswalks.iter().map(Crosswalk::id).collect();
            fields.insert("crosswalk".into(), json!(ids.join(", ")));
        }
    }
    let mut definition = defined(catalog, "change", &after.definition);
    if !crosswalks.is_empty() {
        definition = with_crosswalks(city, &crosswalks, definition);
    }
    let mut provenance = after.provenance;
    provenance.inputs.extend(before.provenance.inputs);
    provenance
        .inputs
        .sort_by(|a, b| (&a.layer, &a.reference_date).cmp(&(&b.layer, &b.reference_date)));
    provenance
        .inputs
        .dedup_by(|a, b| (&a.layer, &a.reference_date) == (&b.layer, &b.reference_date));
    let totals = pairing.side_by_side(&before.totals, &after.totals);
    Ok(Answer {
        query,
        definition,
        provenance,
        rows,
        totals,
        left_out: most(before.left_out, after.left_out),
    })
}

/// What a change of a question is called.
pub fn change_title(question: &Question) -> Title {
    let of = question.title();
    Title {
        zh: format!("时点对比_{}", of.zh),
        en: format!("{}, then and now", of.en),
    }
}

/// The definition, with what carried the counts over.
fn with_crosswalks(city: &City, crosswalks: &[Crosswalk], definition: Title) -> Title {
    let term = city.catalog().term("crosswalk");
    let term = term.map(|term| term.definition.clone()).unwrap_or_default();
    let named = crosswalks.iter().map(|crosswalk| {
        let stored = city.definition(Crosswalk::KIND, &crosswalk.id());
        let source = stored.map_or("", |stored| stored.definition.record.source.as_str());
        let dates = format!("{} → {}", crosswalk.from, crosswalk.to);
        match source {
            "" => dates,
            source => format!("{dates} · {source}"),
        }
    });
    let named = named.collect::<Vec<_>>();
    Title {
        zh: format!("{}{}（{}）", definition.zh, term.zh, named.join("；")),
        en: format!("{} {} ({})", definition.en, term.en, named.join("; ")),
    }
}

/// What either answer leaves out: of each kind the larger number.
fn most(then: LeftOut, mut now: LeftOut) -> LeftOut {
    for (key, count) in then.0 {
        let known = now.0.entry(key).or_default();
        known.missing = known.missing.max(count.missing);
        known.outside_areas = known.outside_areas.max(count.outside_areas);
        known.unnamed = known.unnamed.max(count.unnamed);
    }
    now
}
