/// Why a timetable could not be read or asked.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TransitError {
    #[error("{path}: cannot be read: {reason}")]
    Unreadable { path: String, reason: String },
    #[error(
        "{path}: {file} is missing; a feed needs stops.txt, trips.txt, stop_times.txt and calendar.txt or calendar_dates.txt"
    )]
    MissingFile { path: String, file: &'static str },
    #[error("{path}: holds several feeds ({folders}); give them one by one")]
    SeveralFeeds { path: String, folders: String },
    #[error("{path}: {file} has no column {column}")]
    MissingColumn {
        path: String,
        file: String,
        column: String,
    },
    #[error("{path}: {file} has no usable row; {first_fault}")]
    NoRows {
        path: String,
        file: &'static str,
        first_fault: String,
    },
    #[error("no service runs on {date}; nearest dates with service: {}", listed(.nearest))]
    NoService { date: String, nearest: Vec<String> },
    #[error("'{0}' is not a date; write it as 2019-05-13 or 20190513")]
    NotADate(String),
    #[error("the stored timetable is damaged ({0}); import it again")]
    Damaged(&'static str),
    #[error("cancelled")]
    Cancelled,
}

fn listed(dates: &[String]) -> String {
    match dates {
        [] => "none at all".to_owned(),
        _ => dates.join(", "),
    }
}
