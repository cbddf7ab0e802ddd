use super::flat::Flat;
use crate::{
    city::Area,
    domain::NormItem,
    query::{
        self, AgeStructureQuery, AgeStructureRow, Answer, BlindSpots, BlindSpotsQuery, Denominator,
        GapRow, Gaps, GapsQuery, Limits, Mode, QueryError, SchoolPlaces, SchoolPlacesQuery, Siting,
        SitingQuery,
    },
    reports::{
        Question,
        kinds::{Draft, missing},
    },
};

/// Every answer that the report of an area is made from.
pub(super) struct Found<'c> {
    pub level: String,
    /// What an area of the level is called.
    pub level_title: String,
    /// The areas of the rows.
    pub areas: Vec<&'c Area>,
    pub gaps: Gaps,
    /// Who lives in the areas.
    pub people: Answer<AgeStructureRow>,
    pub flat: Flat,
    /// On foot where the city has streets, else straight.
    pub mode: Mode,
    /// The services that are looked at closely.
    pub details: Vec<Detail>,
    pub schools: Option<SchoolPlaces>,
}

/// A service with whom it leaves out, and what would serve them; or why that cannot be said.
pub(super) struct Detail {
    pub item: NormItem,
    pub total: GapRow,
    pub spots: Result<BlindSpots, String>,
    pub siting: Option<Result<Siting, String>>,
}

/// As many services have a chapter of their own.
const MOST_DETAILS: usize = 3;
/// New sites of a service where nobody says how many.
const USUAL_SITES: usize = 3;

impl<'c> Found<'c> {
    /// # Errors
    /// What the questions refuse, or nobody waits any longer.
    pub fn of(
        draft: &Draft<'c>,
        question: &Question,
        level: String,
        limits: &Limits,
    ) -> Result<Self, QueryError> {
        let (city, choices) = (draft.city, &question.choices);
        let area = draft.area.map(|area| area.code.to_string());
        let period = question.period.clone();
        // Without people, coverage is told of land.
        let has_people = query::has_population(city, question.caliber.as_deref(), period.as_ref());
        let asked = GapsQuery {
            level: level.clone(),
            area,
            norms: choices.norms.clone(),
            services: choices.services.clone(),
            denominator: match has_people {
                true => Denominator::Population,
                false => Denominator::Land,
            },
            caliber: question.caliber.clone(),
            period: period.clone(),
            ..GapsQuery::default()
        };
        limits.step("量算供需差距", "measuring supply and demand");
        let gaps = query::gaps(city, &asked, &limits.part())?;
        let residents = AgeStructureQuery {
            level: level.clone(),
            area: asked.area.clone(),
            caliber: question.caliber.clone(),
            period: period.clone(),
            ..AgeStructureQuery::default()
        };
        let people = query::age_structure(city, &residents, &limits.part())?;
        let areas = city.areas().at(&level, period.as_ref()).iter();
        let codes: std::collections::BTreeSet<&str> = gaps
            .answer
            .rows
            .iter()
            .map(|row| row.code.as_str())
            .collect();
        let areas = areas.filter(|area| codes.contains(area.code.as_str()));
        let title = city.catalog().area_layer(&level);
        let title = title.map(|layer| layer.title.clone()).unwrap_or_default();
        let mode = match city.streets("walk") {
            Some(_) => Mode::Walk,
            None => Mode::Straight,
        };
        let mut found = Found {
            level_title: draft.words().title(&title),
            areas: areas.collect(),
            flat: Flat::of(draft, &gaps),
            level,
            mode,
            details: Vec::new(),
            schools: None,
            people,
            gaps,
        };
        let chosen = found.worst();
        let steps = chosen.len() as u64 + 1;
        for (number, total) in chosen.into_iter().enumerate() {
            limits.check()?;
            limits.step("查找盲区与补缺选址", "blind spots and what closes them");
            limits.progress(number as u64, steps);
            if let Some(detail) = found.detail(draft, question, total, limits)? {
                found.details.push(detail);
            }
        }
        limits.step("推算学位需求", "school places of the coming years");
        found.schools = found.schools(draft, question, limits)?;
        Ok(found)
    }

    /// The services that are looked at closely: those that leave most people out.
    fn worst(&self) -> Vec<GapRow> {
        let share = |row: &GapRow| row.network_share_covered.or(row.straight_share_covered);
        let people = |row: &GapRow| row.network_uncovered.or(row.straight_uncovered);
        let totals = self.gaps.answer.totals.iter();
        let mut told: Vec<&GapRow> = totals.filter(|row| share(row).is_some()).collect();
        if told.len() > MOST_DETAILS {
            told.sort_by_key(|row| std::cmp::Reverse(people(row)));
            told.truncate(MOST_DETAILS);
        }
        told.into_iter().cloned().collect()
    }

    fn detail(
        &self,
        draft: &Draft<'_>,
        question: &Question,
        total: GapRow,
        limits: &Limits,
    ) -> Result<Option<Detail>, QueryError> {
        let Some(item) = self.gaps.norms.set.item(&total.service).cloned() else {
            return Ok(None);
        };
        let (city, words) = (draft.city, draft.words());
        let area = draft.area.map(|area| area.code.to_string());
        let asked = BlindSpotsQuery {
            norms: Some(self.gaps.norms.set.id.clone()),
            level: self.level.clone(),
            area: area.clone(),
            mode: self.mode.clone(),
            caliber: question.caliber.clone(),
            period: question.period.clone(),
            ..BlindSpotsQuery::of(item.id.as_str())
        };
        let spots = query::blind_spots(city, &asked, &limits.part());
        let spots = missing::or_why(spots, words)?;
        let sites = question.choices.sites.unwrap_or(USUAL_SITES);
        let siting = match (sites, SitingQuery::of_norm(&item, sites, self.mode.clone())) {
            (0, _) => None,
            (_, None) => Some(Err(missing::no_distance(words))),
            (_, Some(asked)) => {
                let asked = SitingQuery {
                    area,
                    demand: asked.demand.or(question.caliber.clone()),
                    period: question.period.clone(),
                    ..asked
                };
                let norms = &self.gaps.norms.set.id;
                let asked = asked.with_places(norms, &item, &total, &self.level);
                let found = query::siting(city, &asked, &limits.part());
                Some(missing::or_why(found, words)?)
            }
        };
        Ok(Some(Detail {
            item,
            total,
            spots,
            siting,
        }))
    }

    /// The schools among the services; none where there are none.
    fn schools(
        &self,
        draft: &Draft<'_>,
        question: &Question,
        limits: &Limits,
    ) -> Result<Option<SchoolPlaces>, QueryError> {
        let set = &self.gaps.norms.set;
        let is_school = |item: &&NormItem| item.class_size.is_some() && item.demand.is_some();
        let stages = set.items.iter().filter(is_school);
        let stages: Vec<String> = stages.map(|item| item.id.to_string()).collect();
        if stages.is_empty() {
            return Ok(None);
        }
        let asked = SchoolPlacesQuery {
            area: draft.area.map(|area| area.code.to_string()),
            norms: Some(set.id.clone()),
            services: Some(query::Names(stages)),
            mode: self.mode.clone(),
            period: question.period.clone(),
            ..SchoolPlacesQuery::default()
        };
        let found = query::school_places(draft.city, &asked, &limits.part());
        Ok(missing::or_why(found, draft.words())?.ok())
    }

    /// Notes what was asked, what is taken for granted and what the norms say.
    pub fn cite(&self, draft: &mut Draft<'_>) {
        let words = draft.words();
        let title = words.say("公共服务设施供需", "Supply and demand");
        draft.cite(title, &self.gaps.answer);
        for assumption in &self.gaps.assumptions {
            let label = words.say("假设与规则", "Assumption").to_owned();
            draft.method(label, words.title(assumption));
        }
        for item in &self.gaps.norms.set.items {
            if let Some((label, text)) = self.flat.norm(item, words) {
                draft.method(label, text);
            }
        }
        for detail in &self.details {
            let name = words.title(&detail.item.title);
            if let Ok(spots) = &detail.spots {
                let title = words.tell(
                    || format!("{name}覆盖盲区"),
                    || format!("{name}: blind spots"),
                );
                draft.cite(&title, &spots.answer);
            }
            if let Some(Ok(siting)) = &detail.siting {
                let title = words.tell(|| format!("{name}选址"), || format!("{name}: sites"));
                draft.cite(&title, &siting.answer);
            }
        }
        if let Some(schools) = &self.schools {
            draft.cite(words.say("学位供需", "School places"), schools);
        }
    }

    /// How people get to a service, with the norm's distance: `步行 10 分钟`.
    pub fn reach(&self, draft: &Draft<'_>, item: &NormItem, is_straight: bool) -> Option<String> {
        let words = draft.words();
        let (value, unit) = item.distance(is_straight)?;
        let unit = words.title(&draft.city.catalog().unit(unit));
        Some(words.tell(
            || match is_straight {
                true => format!("服务半径 {value} {unit}（直线）"),
                false => format!("步行路网 {value} {unit}"),
            },
            || match is_straight {
                true => format!("{value} {unit} straight"),
                false => format!("{value} {unit} on foot"),
            },
        ))
    }
}
