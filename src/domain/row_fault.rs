use super::{Title, polygon::Defect};

/// Something wrong with a row as it stands in a city's home, where another program wrote it (外部编辑的错误).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFault {
    pub id: Box<str>,
    /// The column: an attribute, or `geom`.
    pub field: Box<str>,
    pub reason: RowReason,
    /// When the row was last written from outside, by the clock of the home (UTC, RFC 3339); unknown where
    /// no program did since the change log began.
    pub since: Option<Box<str>>,
}

impl RowFault {
    /// The column of shapes.
    pub const SHAPE: &'static str = "geom";

    pub fn new(id: &str, field: &str, reason: RowReason) -> Self {
        RowFault {
            id: id.into(),
            field: field.into(),
            reason,
            since: None,
        }
    }

    /// Whether both say the same of the same row.
    pub fn is_same(&self, other: &RowFault) -> bool {
        (&self.id, &self.field, &self.reason) == (&other.id, &other.field, &other.reason)
    }
}

/// Why a value or a shape is not shown as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowReason {
    /// Not a value of the column's type.
    WrongType,
    NotCategory(String),
    Negative(i64),
    TooLarge,
    NotFinite,
    NotFlag(i64),
    NotDate,
    /// No code of an area, on an area.
    NoCode,
    TooLong,
    /// A text with a character that ends texts elsewhere.
    HoldsNul,
    /// A text with an identity number of a person.
    HoldsIdentity,
    NoShape,
    EmptyShape,
    /// Bytes that are no shape, or one whose coordinates are no numbers.
    UnreadableShape,
    /// What it is in place of what the layer holds.
    WrongShape(&'static str),
    /// Latitude or longitude beyond the world.
    OutsideWorld,
    /// Where programs put what has no place: longitude and latitude 0.
    Nowhere,
    /// Beyond the borders of the city by far.
    OutsideCity,
    Repaired(Defect),
    BeyondRepair(Defect),
    /// The whole state: a period that is none; of so many features.
    UnreadablePeriod(u64),
}

impl RowReason {
    /// Whether the row is left out for it.
    pub fn leaves_out(&self) -> bool {
        matches!(
            self,
            RowReason::NoShape
                | RowReason::EmptyShape
                | RowReason::UnreadableShape
                | RowReason::WrongShape(_)
                | RowReason::OutsideWorld
                | RowReason::Nowhere
                | RowReason::BeyondRepair(_)
                | RowReason::UnreadablePeriod(_)
        )
    }

    /// What is wrong and what is shown instead.
    pub fn told(&self) -> Title {
        let (zh, en) = self.said();
        let (zh_then, en_then) = match self {
            RowReason::Repaired(_) => ("已按导入规则修复显示", "shown repaired, as an import does"),
            RowReason::OutsideCity => ("仍计入全市", "still counted in the city"),
            _ if self.leaves_out() => ("该要素未计入", "the feature is left out"),
            _ => ("按缺值处理", "taken as missing"),
        };
        Title::new(format!("{zh}；{zh_then}"), format!("{en}; {en_then}"))
    }

    fn said(&self) -> (String, String) {
        let (zh, en) = match self {
            RowReason::NotCategory(value) => {
                return (
                    format!("“{value}”不在取值列表中"),
                    format!("`{value}` is none of the listed values"),
                );
            }
            RowReason::Negative(value) => {
                return (
                    format!("计数为负（{value}）"),
                    format!("a count cannot be negative ({value})"),
                );
            }
            RowReason::NotFlag(value) => {
                return (
                    format!("是否字段只能是 0 或 1，而非 {value}"),
                    format!("a flag is 0 or 1, not {value}"),
                );
            }
            RowReason::WrongShape(found) => {
                return (
                    format!("图形类型不符（{found}）"),
                    format!("the layer holds no shapes of this kind ({found})"),
                );
            }
            RowReason::Repaired(defect) | RowReason::BeyondRepair(defect) => {
                let title = defect.title();
                return (format!("面有缺陷：{}", title.zh), title.en);
            }
            RowReason::UnreadablePeriod(features) => {
                return (
                    format!(
                        "时点无法识别，共 {features} 个要素；请改为 2020、2020-11 或 2020-11-01"
                    ),
                    format!(
                        "not a period, of {features} features; write 2020, 2020-11 or 2020-11-01"
                    ),
                );
            }
            RowReason::WrongType => ("不是该字段类型的值", "not a value of the column's type"),
            RowReason::TooLarge => ("数值大得不合常理", "implausibly large"),
            RowReason::NotFinite => ("不是有限数", "not a finite number"),
            RowReason::NotDate => (
                "不是日期；请写作 2020、2020-11 或 2020-11-01",
                "not a date; write 2020, 2020-11 or 2020-11-01",
            ),
            RowReason::NoCode => (
                "统计单元缺少可识别的代码",
                "an area without a code that can be read",
            ),
            RowReason::TooLong => ("文字过长", "the text is too long"),
            RowReason::HoldsNul => ("文字含有空字符", "the text holds a null character"),
            RowReason::HoldsIdentity => (
                "文字含有公民身份号码，不予显示",
                "the text holds an identity number of a person",
            ),
            RowReason::NoShape => ("没有图形", "there is no shape"),
            RowReason::EmptyShape => ("图形为空", "the shape is empty"),
            RowReason::UnreadableShape => {
                ("图形为空或无法读取", "the shape is empty or cannot be read")
            }
            RowReason::OutsideWorld => (
                "坐标超出经纬度范围；请核对坐标系",
                "outside the world; check the coordinate system",
            ),
            RowReason::Nowhere => (
                "坐标为 (0, 0)，可能未定位",
                "at (0, 0), where programs put what has no place",
            ),
            RowReason::OutsideCity => (
                "远在本市范围之外；请核对经纬度先后和坐标系",
                "far outside the city; check the order of longitude and latitude",
            ),
        };
        (zh.to_owned(), en.to_owned())
    }
}
