use std::{
    io::{Read, Write},
    path::PathBuf,
    sync::Arc,
};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value as Json, json};

use super::{Failure, Refused, open};
use crate::{
    city::City,
    domain::{Catalog, Language, Period, Title},
    export::{self, ResultTable},
    query::{self, Answer, Limits},
    store::Home,
};

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
#[clap(rename_all = "snake_case")]
enum Question {
    Balance,
    BalanceReport,
    Commute,
    Flows,
    Areas,
    Calibers,
    Statistics,
    Catchments,
    StationAreas,
    StationCoverage,
    StationChange,
    Coverage,
    Gaps,
    #[value(alias = "blind-spots")]
    BlindSpots,
    #[value(alias = "school-places")]
    SchoolPlaces,
    #[value(name = "travel_times", alias = "travel-times")]
    TravelTimes,
    Access,
    Siting,
    Zoning,
    Plan,
    Search,
    /// A scenario beside the city as it is: `--scenario ID --of QUESTION`.
    Compare,
    /// One period beside another: `--from 2015 [--to 2020] --of QUESTION`.
    Change,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum OutputFormat {
    Json,
    Csv,
    Xlsx,
    Geojson,
    Table,
}

impl Question {
    /// What `--of` calls it.
    fn name(self) -> String {
        clap::ValueEnum::to_possible_value(&self)
            .map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

#[derive(Debug, clap::Args)]
pub struct QueryArguments {
    question: Question,
    #[arg(long, env = "SUITU_CITY", value_name = "CITY", hide_env_values = true)]
    city: Home,
    /// Ask this scenario instead of the city as it is.
    #[arg(long, value_name = "ID")]
    scenario: Option<u64>,
    /// Of a comparison or a change: the question.
    #[arg(long, value_enum, value_name = "QUESTION")]
    of: Option<Question>,
    /// Of a change: the earlier date.
    #[arg(long, value_name = "PERIOD")]
    from: Option<Period>,
    /// Of a change: the later date; the newest without it.
    #[arg(long, value_name = "PERIOD")]
    to: Option<Period>,
    /// Of a comparison or a change: only rows that differ.
    #[arg(long)]
    changed_only: bool,
    /// The question as JSON, from a file or `-` for standard input; flags take precedence.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    #[arg(long, value_enum, default_value = "table")]
    format: OutputFormat,
    /// An area level, or `city`.
    #[arg(long)]
    level: Option<String>,
    #[arg(long)]
    period: Option<String>,
    /// The code of an area.
    #[arg(long)]
    area: Option<String>,
    #[arg(long)]
    catchment_m: Option<f64>,
    /// Reach of a floating catchment in minutes.
    #[arg(long)]
    minutes: Option<f64>,
    /// The facility layer.
    #[arg(long)]
    layer: Option<String>,
    #[arg(long)]
    cutoff: Option<f64>,
    /// Several cutoffs: `300,500,800`.
    #[arg(long)]
    cutoffs: Option<String>,
    /// Only the stations of this line.
    #[arg(long)]
    line: Option<String>,
    /// straight, walk or another mode of the city.
    #[arg(long)]
    mode: Option<String>,
    /// m or min.
    #[arg(long)]
    unit: Option<String>,
    /// How a commute is measured: straight, walk …
    #[arg(long)]
    cost: Option<String>,
    /// What a commute within an area costs: zero, half_nearest or radius.
    #[arg(long)]
    intrazonal: Option<String>,
    /// Of flows: at most so many.
    #[arg(long)]
    limit: Option<usize>,
    /// The population attribute.
    #[arg(long)]
    caliber: Option<String>,
    /// When one sets out, by timetable: DATE,FROM[,TO[,PERCENTILE]].
    #[arg(long, value_name = "TIMES")]
    departure: Option<String>,
    /// When one must be there, by timetable: DATE,BY.
    #[arg(long, value_name = "TIME")]
    arrival: Option<String>,
    /// The longest walk to a first stop and from a last one.
    #[arg(long)]
    max_walk_m: Option<f64>,
    /// Area levels with commas between: `district,subdistrict`.
    #[arg(long)]
    levels: Option<String>,
    /// Of a balance report: `scales`, or `nominal` for places balanced by count but not in fact.
    #[arg(long)]
    part: Option<String>,
    /// What new sites are chosen for: cover, median, centre or set.
    #[arg(long)]
    objective: Option<String>,
    /// How many new sites.
    #[arg(long)]
    sites: Option<usize>,
    /// Where new sites may be: a layer, the side of grid cells in metres, or LAYER,METRES.
    #[arg(long)]
    candidates: Option<String>,
    /// People that a new site serves at most.
    #[arg(long)]
    capacity: Option<i64>,
    /// A condition on features, as CQL2 text.
    #[arg(long = "where", value_name = "CONDITION")]
    condition: Option<String>,
    /// The norm set that gaps are measured by.
    #[arg(long, value_name = "ID")]
    norms: Option<String>,
    /// Some of its items: `primary_school,junior_school`.
    #[arg(long, value_name = "IDS")]
    services: Option<String>,
    /// Of blind spots: the item.
    #[arg(long, value_name = "ID")]
    service: Option<String>,
    /// The side of a cell of blind spots, whole metres.
    #[arg(long)]
    cell_m: Option<u32>,
    /// Years ahead: `3,5`.
    #[arg(long, value_name = "YEARS")]
    ahead: Option<String>,
    /// Only items of this life circle, minutes.
    #[arg(long, value_name = "MINUTES")]
    circle: Option<u32>,
    /// What coverage is a share of: population, buildings, residential_land or land.
    #[arg(long)]
    denominator: Option<String>,
    /// The share of an age group that comes, 0 to 1.
    #[arg(long)]
    enrolment_rate: Option<f64>,
    /// What changes are counted from.
    #[arg(long, value_name = "PERIOD")]
    earlier: Option<String>,
    /// Of layout classes: the id of a rule set of the city.
    #[arg(long)]
    rules: Option<String>,
    /// The year of a plan, of its targets.
    #[arg(long)]
    year: Option<i32>,
    /// The count that targets are of, e.g. usual_residents.
    #[arg(long)]
    indicator: Option<String>,
    /// What to search for.
    #[arg(long)]
    q: Option<String>,
}

pub fn run(
    arguments: &QueryArguments,
    catalog: Arc<Catalog>,
    language: Language,
) -> Result<(), Failure> {
    let question = asked(arguments)?;
    let (store, base) = open(&arguments.city, &catalog)?;
    let base = Arc::new(base);
    let city = match arguments.scenario {
        None => base.clone(),
        Some(id) => super::scenario::city_of(store, &base, id)?,
    };
    let limits = Limits::generous();
    let title = |zh: &str, en: &str| Title {
        zh: zh.into(),
        en: en.into(),
    };
    let print = Print {
        city: &city,
        format: arguments.format,
        language,
    };
    match arguments.question {
        Question::Balance => {
            let answer = query::balance(&city, &parse(question)?, &limits)?;
            print.answer(&answer, title("职住平衡", "Job-housing balance"))
        }
        Question::BalanceReport => {
            let found = query::balance_report(&city, &parse(question)?, &limits)?;
            if arguments.format == OutputFormat::Json {
                return print.json(&found);
            }
            let flat = query::flat_balance_report(&found, language);
            print.answer(&flat, found.title)
        }
        Question::Commute => {
            let answer = query::commute(&city, &parse(question)?, &limits)?;
            print.answer(&answer, title("通勤", "Commuting"))
        }
        Question::Flows => {
            let answer = query::flow_lines(&city, &parse(question)?, &limits)?;
            match arguments.format {
                OutputFormat::Geojson => print.json(&query::flow_lines_to_geojson(&answer)),
                _ => print.answer(&answer, title("通勤流", "Commuting flows")),
            }
        }
        Question::Areas => {
            let answer = query::areas(&city, &parse(question)?, &limits)?;
            print.answer(&answer, title("单元一览", "Areas"))
        }
        Question::Calibers => {
            let answer = query::calibers(&city, &parse(question)?, &limits)?;
            print.answer(&answer, title("人口口径对照表", "Calibers side by side"))
        }
        Question::Statistics => {
            let answer = query::statistics(&city, &parse(question)?, &limits)?;
            if arguments.format == OutputFormat::Json {
                return print.json(&answer);
            }
            let flat = query::flat_statistics(&city, &answer, language);
            print.answer(&flat, title("范围统计", "Statistics"))
        }
        Question::Coverage => {
            let question: query::CoverageQuery = parse(question)?;
            let answer = query::coverage(&city, &question, &limits)?;
            if arguments.format == OutputFormat::Json {
                return print.json(&answer);
            }
            let title = query::coverage_title(&city, question.denominator);
            print.answer(&query::flat_coverage(&answer, language), title)
        }
        Question::Gaps => {
            let found = query::gaps(&city, &parse(question)?, &limits)?;
            match arguments.format {
                OutputFormat::Json => print.json(&found),
                OutputFormat::Geojson => print.json(&query::to_geojson(&city, &found.answer)),
                _ => print.table(&query::gaps_table(&city, &found, language)),
            }
        }
        Question::BlindSpots => {
            let found = query::blind_spots(&city, &parse(question)?, &limits)?;
            match arguments.format {
                OutputFormat::Json | OutputFormat::Geojson => {
                    print.json(&query::blind_spots_to_geojson(&found))
                }
                _ => print.table(&query::blind_spots_table(&city, &found, language)),
            }
        }
        Question::SchoolPlaces => {
            let found = query::school_places(&city, &parse(question)?, &limits)?;
            match arguments.format {
                OutputFormat::Json | OutputFormat::Geojson => print.json(&found),
                _ => print.table(&query::school_places_table(&city, &found, language)),
            }
        }
        Question::Access => {
            let found = query::access(&city, &parse(question)?, &limits)?;
            match arguments.format {
                OutputFormat::Json => print.json(&found),
                _ => print.table(&query::access_table(&city, &found)),
            }
        }
        Question::Siting => {
            let found = query::siting(&city, &parse(question)?, &limits)?;
            match arguments.format {
                OutputFormat::Json => print.json(&found),
                _ => print.table(&query::siting_table(&city, &found)),
            }
        }
        Question::Catchments => {
            let mut question: query::CatchmentsQuery = parse(question)?;
            // Who asks for a file of shapes wants shapes.
            question.geometry |= arguments.format == OutputFormat::Geojson;
            let answer = query::catchments(&city, &question, &limits)?;
            match arguments.format {
                OutputFormat::Json => print.json(&answer),
                OutputFormat::Geojson => {
                    print.json(&query::catchments_to_geojson(&answer, language))
                }
                _ => {
                    let flat = query::flat_catchments(&answer, language);
                    print.answer(&flat, title("服务区", "Catchments"))
                }
            }
        }
        Question::StationAreas => {
            let answer = query::station_areas(&city, &parse(question)?, &limits)?;
            match arguments.format {
                OutputFormat::Json => print.json(&answer),
                OutputFormat::Geojson => print.json(&query::station_areas_to_geojson(&answer)),
                _ => {
                    let flat = query::flat_station_areas(&city, &answer, language);
                    let title = title("站点影响区人口岗位", "People and jobs around stations");
                    print.answer(&flat, title)
                }
            }
        }
        Question::StationCoverage => {
            let answer = query::station_coverage(&city, &parse(question)?, &limits)?;
            let title = title("站点人口岗位覆盖率", "Coverage by stations");
            print.answer(&query::flat_cutoffs(&answer), title)
        }
        Question::StationChange => {
            let answer = query::station_change(&city, &parse(question)?, &limits)?;
            if arguments.format == OutputFormat::Json {
                return print.json(&answer);
            }
            let title = title("站点方案前后对比", "Stations before and after");
            print.answer(&query::flat_cutoffs(&answer), title)
        }
        Question::Zoning => {
            let found = query::zoning(&city, &parse(question)?, &limits)?;
            if arguments.format == OutputFormat::Json {
                return print.json(&found);
            }
            let flat = query::flat_zoning(&found, language);
            print.answer(&flat, title("人口布局分类", "Population layout classes"))
        }
        Question::Plan => {
            let answer = query::plan(&city, &parse(question)?, &limits)?;
            if arguments.format == OutputFormat::Json {
                return print.json(&answer);
            }
            let flat = query::flat_plan(&answer, language);
            print.answer(&flat, title("规划目标与现状", "Plan and actual"))
        }
        Question::TravelTimes => {
            let question: query::TravelTimesQuery = parse(question)?;
            if arguments.format == OutputFormat::Csv {
                let found = query::TravelTimes::find(&city, &question)?;
                let out = std::io::BufWriter::new(std::io::stdout().lock());
                found.write_csv(&limits, out)?;
                print.notes(&found.inputs());
                return Ok(());
            }
            let answer = query::travel_times(&city, &question, &limits)?;
            print.answer(&answer, title("出行时间表", "Travel times"))
        }
        Question::Compare => {
            if arguments.scenario.is_none() {
                return Err(Refused::because(
                    "--scenario：请写要比较哪个方案",
                    "--scenario: say which one is compared",
                ));
            }
            let asked = of(arguments, question)?;
            let cities = [&*base, &*city];
            let changed_only = arguments.changed_only;
            let found = query::compare(cities, &asked, language, changed_only, &limits)?;
            print.answer(&found, query::compare_title(&asked))
        }
        Question::Change => {
            let asked = of(arguments, question)?;
            let from = arguments.from.clone();
            let between = query::Between {
                from: from.ok_or_else(|| {
                    Refused::because("--from：请写较早的时点", "--from: say the earlier date")
                })?,
                to: arguments.to.clone(),
            };
            let changed_only = arguments.changed_only;
            let found = query::change(&city, &asked, &between, language, changed_only, &limits)?;
            print.answer(&found, query::change_title(&asked))
        }
        Question::Search => print.json(&query::search(&city, &parse(question)?, &limits)?),
    }
}

/// The question that a comparison is about.
fn of(arguments: &QueryArguments, fields: Json) -> Result<query::Question, Failure> {
    let name = arguments.of.map_or_else(String::new, Question::name);
    let known = query::Question::NAMES.join(", ");
    let problem = || {
        Refused::because(
            format!("--of：请写其中之一：{known}"),
            format!("--of: say one of {known}"),
        )
    };
    let read = query::Question::read(&name, &InJson(fields))?;
    read.ok_or_else(problem)
}

/// The question from JSON and flags.
fn asked(arguments: &QueryArguments) -> Result<Json, Failure> {
    let mut question = match &arguments.json {
        None => Map::new(),
        Some(path) => {
            let mut text = String::new();
            if path.as_os_str() == "-" {
                std::io::stdin().read_to_string(&mut text)?;
            } else {
                text = std::fs::read_to_string(path)
                    .map_err(|e| unreadable(&path.display().to_string(), &e))?;
            }
            match serde_json::from_str(&text) {
                Ok(Json::Object(question)) => question,
                Ok(_) => {
                    return Err(Refused::because(
                        "--json：问题应为 JSON 对象 {…}",
                        "--json: a question is a JSON object {…}",
                    ));
                }
                Err(e) => {
                    return Err(Refused::because(
                        format!("--json：不是 JSON：{e}"),
                        format!("--json: this is no JSON: {e}"),
                    ));
                }
            }
        }
    };
    let asked = match arguments.question {
        question @ (Question::Compare | Question::Change) => arguments.of.unwrap_or(question),
        question => question,
    };
    let demand = if matches!(asked, Question::Coverage | Question::Siting) {
        "demand"
    } else {
        "caliber"
    };
    let year = match arguments.question {
        Question::Zoning => "plan_year",
        _ => "year",
    };
    for (key, value) in [
        ("level", arguments.level.clone().map(Json::from)),
        ("period", arguments.period.clone().map(Json::from)),
        ("area", arguments.area.clone().map(Json::from)),
        ("catchment_m", arguments.catchment_m.map(Json::from)),
        ("minutes", arguments.minutes.map(Json::from)),
        ("layer", arguments.layer.clone().map(Json::from)),
        ("cutoff", arguments.cutoff.map(Json::from)),
        (
            "cutoffs",
            arguments.cutoffs.as_deref().map(numbers).transpose()?,
        ),
        ("line", arguments.line.clone().map(Json::from)),
        ("mode", arguments.mode.clone().map(Json::from)),
        ("unit", arguments.unit.clone().map(Json::from)),
        ("cost", arguments.cost.clone().map(Json::from)),
        ("intrazonal", arguments.intrazonal.clone().map(Json::from)),
        ("limit", arguments.limit.map(Json::from)),
        (demand, arguments.caliber.clone().map(Json::from)),
        ("departure", arguments.departure.clone().map(Json::from)),
        ("arrival", arguments.arrival.clone().map(Json::from)),
        ("max_walk_m", arguments.max_walk_m.map(Json::from)),
        ("levels", arguments.levels.clone().map(Json::from)),
        ("part", arguments.part.clone().map(Json::from)),
        ("objective", arguments.objective.clone().map(Json::from)),
        ("sites", arguments.sites.map(Json::from)),
        (
            "candidates",
            arguments.candidates.as_deref().map(candidates),
        ),
        ("capacity", arguments.capacity.map(Json::from)),
        ("where", arguments.condition.clone().map(Json::from)),
        ("norms", arguments.norms.clone().map(Json::from)),
        ("services", arguments.services.clone().map(Json::from)),
        ("service", arguments.service.clone().map(Json::from)),
        ("cell_m", arguments.cell_m.map(Json::from)),
        ("ahead", arguments.ahead.clone().map(Json::from)),
        ("circle", arguments.circle.map(Json::from)),
        ("denominator", arguments.denominator.clone().map(Json::from)),
        ("enrolment_rate", arguments.enrolment_rate.map(Json::from)),
        ("earlier", arguments.earlier.clone().map(Json::from)),
        ("rules", arguments.rules.clone().map(Json::from)),
        (year, arguments.year.map(Json::from)),
        ("indicator", arguments.indicator.clone().map(Json::from)),
        ("q", arguments.q.clone().map(Json::from)),
    ] {
        if let Some(value) = value {
            question.insert(key.into(), value);
        }
    }
    let by_level = matches!(
        asked,
        Question::Balance
            | Question::Commute
            | Question::Flows
            | Question::Areas
            | Question::Calibers
            | Question::Coverage
            | Question::Gaps
            | Question::StationCoverage
    );
    if by_level && !question.contains_key("level") {
        question.insert("level".into(), json!("district"));
    }
    Ok(Json::Object(question))
}

fn unreadable(file: &str, error: &std::io::Error) -> Failure {
    Refused::because(
        format!("{file}：无法读取：{error}"),
        format!("{file}: cannot be read: {error}"),
    )
}

/// `residential_land`, `500` or `residences,500`.
fn candidates(text: &str) -> Json {
    let mut candidates = Map::new();
    for part in text.split(',').map(str::trim) {
        match part.parse::<u32>() {
            Ok(metres) => candidates.insert("grid_m".into(), json!(metres)),
            Err(_) => candidates.insert("layer".into(), json!(part)),
        };
    }
    Json::Object(candidates)
}

/// Numbers with commas between as a list.
fn numbers(text: &str) -> Result<Json, Failure> {
    let number = |part: &str| part.trim().parse::<f64>();
    let numbers: Result<Vec<f64>, _> = text.split(',').map(number).collect();
    let problem = |_| {
        Refused::because(
            format!("--cutoffs：“{text}”：请写数字，以逗号分隔：300,500"),
            format!("--cutoffs: `{text}`: write numbers with commas between: 300,500"),
        )
    };
    Ok(json!(numbers.map_err(problem)?))
}

/// The fields of a question in JSON.
struct InJson(Json);

impl query::Asked for InJson {
    type Error = Failure;

    fn read<Q: DeserializeOwned>(&self) -> Result<Q, Failure> {
        parse(self.0.clone())
    }
}

fn parse<Q: DeserializeOwned>(question: Json) -> Result<Q, Failure> {
    query::read_question(question).map_err(|misread| Refused(misread.told()).into())
}

struct Print<'a> {
    city: &'a City,
    format: OutputFormat,
    language: Language,
}

impl Print<'_> {
    fn answer<R: Serialize, T: Serialize>(
        &self,
        answer: &Answer<R, T>,
        title: Title,
    ) -> Result<(), Failure> {
        match self.format {
            OutputFormat::Json => self.json(answer),
            OutputFormat::Geojson => self.json(&query::to_geojson(self.city, answer)),
            format => {
                let table = query::to_table(self.city, answer, title, self.language);
                self.table(&table)?;
                // A workbook has a sheet for them.
                if format != OutputFormat::Xlsx {
                    self.notes(&answer.provenance.inputs);
                }
                Ok(())
            }
        }
    }

    /// What is to be known of that which an answer was made from, beside a table that has no room for it.
    fn notes(&self, inputs: &[query::Input]) {
        for input in inputs {
            for note in &input.notes {
                let name = input.title.in_language(self.language);
                eprintln!("{name}: {}", note.in_language(self.language));
            }
        }
    }

    fn table(&self, table: &ResultTable) -> Result<(), Failure> {
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        match self.format {
            OutputFormat::Csv => export::write_csv(table, self.language, &mut out)?,
            OutputFormat::Xlsx => out.write_all(&export::write_xlsx(table, self.language)?)?,
            OutputFormat::Geojson => export::write_geojson(table, &mut out)?,
            OutputFormat::Json | OutputFormat::Table => {
                export::write_text(table, self.language, &mut out)?;
            }
        }
        Ok(out.flush()?)
    }

    fn json(&self, value: &impl Serialize) -> Result<(), Failure> {
        let mut out = std::io::stdout().lock();
        serde_json::to_writer_pretty(&mut out, value)?;
        Ok(writeln!(out)?)
    }
}
