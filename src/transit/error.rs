use crate::domain::Title;

/// Why a timetable could not be read or asked.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TransitError {
    #[error(
        "{path}: cannot be read, it may be damaged or cut short; fetch it again, and give a zip or \
         a folder: {reason}"
    )]
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
    #[error("{path}: {file} has no usable row; {}", .first_fault.en)]
    NoRows {
        path: String,
        file: &'static str,
        first_fault: Title,
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

impl TransitError {
    /// What is wrong and what to do, in both languages.
    pub fn told(&self) -> Title {
        Title::new(self.in_chinese(), self.to_string())
    }

    fn in_chinese(&self) -> String {
        match self {
            TransitError::Unreadable { path, reason } => format!(
                "{path}：无法读取，可能已损坏或被截断；请重新下载，并给出 zip 文件或文件夹：{reason}"
            ),
            TransitError::MissingFile { path, file } => format!(
                "{path}：缺少 {file}；GTFS 数据须有 stops.txt、trips.txt、stop_times.txt 以及 calendar.txt 或 \
                 calendar_dates.txt"
            ),
            TransitError::SeveralFeeds { path, folders } => {
                format!("{path}：其中有多个 GTFS 数据（{folders}）；请逐个给出")
            }
            TransitError::MissingColumn { path, file, column } => {
                format!("{path}：{file} 没有列 {column}")
            }
            TransitError::NoRows {
                path,
                file,
                first_fault,
            } => format!("{path}：{file} 没有可用的行；{}", first_fault.zh),
            TransitError::NoService { date, nearest } => match &nearest[..] {
                [] => format!("{date} 没有公交运行，时刻表中没有任何一天有运行"),
                dates => format!(
                    "{date} 没有公交运行；最近有运行的日期：{}",
                    dates.join("、")
                ),
            },
            TransitError::NotADate(text) => {
                format!("“{text}”不是日期；请写 2019-05-13 或 20190513")
            }
            TransitError::Damaged(what) => format!("已存的时刻表已损坏（{what}）；请重新导入"),
            TransitError::Cancelled => "已取消，没有导入任何内容".to_owned(),
        }
    }
}

fn listed(dates: &[String]) -> String {
    match dates {
        [] => "none at all".to_owned(),
        _ => dates.join(", "),
    }
}
