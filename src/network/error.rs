use crate::domain::Title;

/// Why there is no network.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    #[error("{file}: cannot be read: {problem}")]
    Unreadable { file: String, problem: String },
    #[error(
        "{file}: this is not a whole OpenStreetMap PBF file ({problem}); it may be cut short: \
         compare its size with that of its source and fetch it again"
    )]
    NotWhole { file: String, problem: String },
    #[error("{file}: the file holds nothing of OpenStreetMap; fetch it again")]
    Nothing { file: String },
    #[error(
        "{file}: holds {nodes} nodes and no way, so it was probably cut short: compare its size \
         with that of its source and fetch it again"
    )]
    NoWays { file: String, nodes: u64 },
    #[error(
        "{file}: {unused} of {plain} nodes without a tag belong to no way, so the file was \
         probably cut short: compare its size with that of its source and fetch it again; where \
         ways were left out on purpose, leave their nodes out too (osmium tags-filter does)"
    )]
    CutShort {
        file: String,
        unused: u64,
        plain: u64,
    },
    #[error(
        "{missing} of {nodes} nodes of streets are missing, so a file is not whole: fetch it \
         again, or give the other files that belong to it at once"
    )]
    MissingNodes { missing: u64, nodes: u64 },
    #[error("there is no street that one may use this way; are these the right files?")]
    NoStreets,
    #[error("the network has more than {0} nodes or points")]
    TooLarge(u64),
    #[error("the stored network is damaged ({0}); import the streets again")]
    Damaged(&'static str),
    #[error("the stored travel times are damaged ({0}); import the matrix again")]
    DamagedMatrix(&'static str),
    #[error("the rules of streets: {0}")]
    Rules(String),
    #[error("cancelled; nothing was imported")]
    Cancelled,
}

impl NetworkError {
    /// What is wrong and what to do, in both languages.
    pub fn told(&self) -> Title {
        Title::new(self.in_chinese(), self.to_string())
    }

    fn in_chinese(&self) -> String {
        const AGAIN: &str = "请与来源核对文件大小并重新下载";
        match self {
            NetworkError::Unreadable { file, problem } => format!("{file}：无法读取：{problem}"),
            NetworkError::NotWhole { file, problem } => format!(
                "{file}：不是完整的 OpenStreetMap PBF 文件，可能被截断；{AGAIN}（{problem}）"
            ),
            NetworkError::Nothing { file } => {
                format!("{file}：文件中没有 OpenStreetMap 的内容；请重新下载")
            }
            NetworkError::NoWays { file, nodes } => {
                format!("{file}：有 {nodes} 个节点而没有道路，文件很可能被截断；{AGAIN}")
            }
            NetworkError::CutShort {
                file,
                unused,
                plain,
            } => format!(
                "{file}：{plain} 个无标签的节点中有 {unused} 个不属于任何道路，文件很可能被截断；{AGAIN}；\
                 若有意删去了一些道路，请把它们的节点也删去（如用 osmium tags-filter）"
            ),
            NetworkError::MissingNodes { missing, nodes } => format!(
                "道路的 {nodes} 个节点中缺 {missing} 个，文件不完整；请重新下载，或把同属一套的文件一起给出"
            ),
            NetworkError::NoStreets => "没有这种出行方式可用的街道；请核对文件是否正确".to_owned(),
            NetworkError::TooLarge(most) => format!("路网的节点或折点超过 {most} 个"),
            NetworkError::Damaged(what) => format!("已存的路网已损坏（{what}）；请重新导入街道"),
            NetworkError::DamagedMatrix(what) => {
                format!("已存的出行时间矩阵已损坏（{what}）；请重新导入矩阵")
            }
            NetworkError::Rules(problem) => format!("街道规则：{problem}"),
            NetworkError::Cancelled => "已取消，没有导入任何内容".to_owned(),
        }
    }
}
