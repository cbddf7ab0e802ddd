//! Questions to a city: one function per question, from a snapshot and a query to a result with
//! its provenance. The command line, HTTP and reports call the same ones.

mod access;
mod age_structure;
mod answer;
mod areas;
mod balance;
mod blind_spots;
mod by_cell;
mod calibers;
mod catchments;
mod commute;
mod compare;
mod costs;
mod coverage;
mod departure;
mod download;
mod ends;
mod error;
mod faults;
mod features;
mod flat;
mod gaps;
mod grid;
mod layers;
mod limits;
mod misread;
mod names;
mod near_counts;
mod nearest;
mod nesting;
mod numbers;
mod origins;
mod overview;
mod people;
mod period;
mod plan;
mod progress;
mod quality;
mod ruler;
mod school_places;
mod search;
mod siting;
mod sources;
mod station_areas;
mod station_change;
mod station_coverage;
mod station_overlap;
mod stations;
mod statistics;
mod table;
#[cfg(test)]
pub(crate) mod test_city;
mod tiers;
mod timetable;
mod travel;
mod travel_times;
mod within;
mod zoning;

pub use access::{
    Access, AccessQuery, AccessRow, AccessSummary, AccessTotals, DecayKind, DecayQuery, Measure,
    To, access, access_table,
};
pub use age_structure::{AgeStructureQuery, AgeStructureRow, age_structure};
pub use answer::{Answer, Input, Provenance, software};
pub use areas::{AreaCard, AreasQuery, area_card, areas};
pub use balance::{
    BalanceBand, BalanceQuery, BalanceReport, BalanceReportQuery, BalanceRow, BalanceScaleRow,
    BalanceScales, Contained, NominalRow, ReportPart, Standing, balance, balance_report,
    flat_balance_report,
};
pub use blind_spots::{
    AgeRow, BlindSpot, BlindSpots, BlindSpotsQuery, SpotArea, UncoveredRow, blind_spots,
    blind_spots_table, blind_spots_to_geojson, spot_name,
};
pub use calibers::{CalibersQuery, calibers};
pub use catchments::{Catchments, CatchmentsQuery, Circle, Overlap, catchments};
pub use commute::{
    CommuteQuery, CommuteRow, Compared, FlowCheck, FlowLine, FlowsQuery, Intrazonal, Way,
    check_flows, commute, commute_of, flow_lines, flow_lines_to_geojson,
};
pub use compare::{
    Asked, Between, Question, change, change_title, checked_crosswalk, compare, compare_title,
};
pub use coverage::{CoverageQuery, CoverageRow, Denominator, coverage, coverage_title};
pub use departure::{Arrival, ClockTime, Departure};
pub use download::{FileOf, file_title, layer_state, write_layer};
pub use ends::{End, Ends};
pub use error::QueryError;
pub use faults::{Fault, Faults, faults};
pub use features::{
    FeaturesQuery, Within, condition, feature, feature_as, feature_state, features,
};
pub use flat::{
    catchments_to_geojson, flat_catchments, flat_coverage, flat_cutoffs, flat_statistics,
};
pub use gaps::{
    CircleRow, CircleServices, FacilityPlace, GapRow, Gaps, GapsQuery, UnknownCapacity,
    facility_places, gaps, gaps_table,
};
pub use layers::{describe_layer, values};
pub use limits::Limits;
pub use misread::{Misread, read_question};
pub use names::Names;
pub use numbers::Numbers;
pub use origins::{FoundOrigin, Origin, find_origins};
pub use overview::overview;
pub use period::no_state;
pub use plan::{PLAN_KIND, PlanQuery, PlanRow, PlanStatus, check_plan, flat_plan, plan};
pub use progress::{Progress, Step};
pub use quality::{Finding, check};
pub use ruler::{Reading, Ruler, Start, Targets, Traveler, Walks};
pub use school_places::{
    Expected, SchoolPlaces, SchoolPlacesQuery, SchoolRow, StageTotal, flat_school_places,
    school_places, school_places_table,
};
pub use search::{SearchQuery, SearchRow, search};
pub use siting::{
    CandidateCounts, CandidatePlace, CandidatesQuery, LostPlace, Objective, OutOfReach, Proof,
    RemainingGap, ShortfallQuery, Siting, SitingQuery, SitingRow, SitingTotals, siting,
    siting_table,
};
pub use sources::has_population;
pub use station_areas::{
    StationAreaRow, StationAreasQuery, flat_station_areas, station_areas, station_areas_to_geojson,
};
pub use station_change::{StationChangeQuery, StationChangeRow, station_change};
pub use station_coverage::{StationCoverageQuery, StationCoverageRow, station_coverage};
pub use station_overlap::StationOverlap;
pub use statistics::{StatisticsQuery, StatisticsRow, statistics};
pub use table::{Row, column, notes, plain_value, to_geojson, to_row, to_table};
pub use timetable::{FeedOfDay, HoursOfService, TimetableDay, TimetableQuery, timetable_day};
pub use travel::{Direction, Mode, Travel, Unit};
pub use travel_times::{TravelTimes, TravelTimesQuery, travel_times};
pub use within::{areas_within, balance_rest, find_area, outline, place_of, rest_of_counts};
pub use zoning::{
    ClassSummary, Conflict, DistrictSummary, FlipRow, Override, OverrideRequest, RulesChoice,
    StabilityReport, ThresholdReport, ZONING_KIND, Zoning, ZoningQuery, ZoningRow, ZoningTotals,
    condition_in_words, conflict_words, criterion_in_words, flat_zoning, list_overrides, rule_sets,
    rule_sets_json, set_override, zoning,
};
