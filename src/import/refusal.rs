use crate::domain::Language;

/// Why a row was refused. Values in it are already shortened and masked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    NotWhole(String),
    Negative(String),
    NotNumber(String),
    TooLarge(String),
    NotFinite,
    NotCategory {
        value: String,
        allowed: String,
    },
    NotDate(String),
    NotFlag(String),
    NotCode(String),
    /// A personal identity number, which no layer holds.
    IdentityNumber,
    /// A list, a binary value, a spreadsheet error …
    Unreadable(String),
    TooLong,
    /// No home keeps a text with a NUL character.
    Nul,
    Required,
    /// There is a column of ids, and this row has none.
    IdMissing,
    DuplicateId {
        id: String,
        /// The file of the first row, where it is another.
        first_file: Option<String>,
        first_row: u64,
    },
    /// What parts add up to, and the total that they are more than.
    MoreThanTotal {
        parts: i64,
        total: i64,
    },
    /// Two places that have a time already.
    DuplicatePair(String),
    NoPlace,
    HalfPlace,
    NullGeometry,
    EmptyGeometry,
    KeyMissing,
    KeyUnknown(String),
    WrongGeometry {
        found: &'static str,
        wanted: &'static str,
    },
    SeveralPoints(usize),
    BrokenGeometry(String),
    /// A curve, surface or other kind that layers do not hold.
    UnknownGeometry(String),
    OutsideWorld,
    CannotRepair,
    Fields {
        found: usize,
        columns: usize,
    },
    /// A quotation mark was opened and not closed.
    OpenQuote {
        lines: u64,
    },
    Damaged(String),
}

impl Refusal {
    /// The reason in plain words.
    pub fn in_language(&self, language: Language) -> String {
        match language {
            Language::Zh => self.zh(),
            Language::En => self.en(),
        }
    }

    fn en(&self) -> String {
        match self {
            Refusal::NotWhole(v) => format!("`{v}` is not a whole number"),
            Refusal::Negative(v) => format!("`{v}` is negative, which it cannot be"),
            Refusal::NotNumber(v) => format!("`{v}` is not a number"),
            Refusal::TooLarge(v) => format!("`{v}` is implausibly large"),
            Refusal::NotFinite => "the value is not a finite number (NaN or infinity)".into(),
            Refusal::NotCategory { value, allowed } => {
                format!("`{value}` is not one of the allowed values: {allowed}")
            }
            Refusal::NotDate(v) => format!("`{v}` is no date; write 2020, 2020-11 or 2020-11-01"),
            Refusal::NotFlag(v) => format!("`{v}` is neither yes nor no (是/否, 1/0)"),
            Refusal::NotCode(v) => {
                format!("`{v}` is no area code: use letters, digits, `-`, `_` and `.`")
            }
            Refusal::IdentityNumber => {
                "the value holds a personal identity number; those are not kept".into()
            }
            Refusal::Unreadable(what) => format!("the value cannot be used: {what}"),
            Refusal::TooLong => "the text is longer than 10,000 characters".into(),
            Refusal::Nul => "the text holds a NUL character (U+0000); take it out".into(),
            Refusal::Required => "the value is missing, but the layer requires it".into(),
            Refusal::IdMissing => "the id is empty".into(),
            Refusal::DuplicateId {
                id,
                first_file,
                first_row,
            } => match first_file {
                Some(file) => format!("id `{id}` stands already in row {first_row} of {file}"),
                None => format!("id `{id}` stands already in row {first_row}"),
            },
            Refusal::MoreThanTotal { parts, total } => {
                format!("the modes add up to {parts}, more than the {total} commuters in all")
            }
            Refusal::DuplicatePair(pair) => format!("{pair} has a time already"),
            Refusal::NoPlace => "the row has no coordinates".into(),
            Refusal::HalfPlace => "one of the two coordinates is missing".into(),
            Refusal::NullGeometry => "the feature has no geometry".into(),
            Refusal::EmptyGeometry => "the geometry is empty".into(),
            Refusal::KeyMissing => "no coordinates, and the key to find the place is empty".into(),
            Refusal::KeyUnknown(key) => format!("no place is known for the key `{key}`"),
            Refusal::WrongGeometry { found, wanted } => {
                format!("the geometry is a {found}, the layer takes {wanted}")
            }
            Refusal::SeveralPoints(n) => format!("the feature has {n} points, the layer takes one"),
            Refusal::BrokenGeometry(what) => format!("the geometry is damaged: {what}"),
            Refusal::UnknownGeometry(kind) => format!(
                "a geometry of kind {kind} cannot be read; convert curves and surfaces to plain \
                 lines and polygons first"
            ),
            Refusal::OutsideWorld => "the coordinates lie outside the world after conversion; \
                 check the coordinate system and the order of x and y"
                .into(),
            Refusal::CannotRepair => "nothing is left of the polygon after repair".into(),
            Refusal::Fields { found, columns } => {
                format!("the row has {found} fields, but there are {columns} columns")
            }
            Refusal::OpenQuote { lines } => {
                format!("the row runs over {lines} lines: a quotation mark is probably not closed")
            }
            Refusal::Damaged(what) => format!("the row is damaged: {what}"),
        }
    }

    fn zh(&self) -> String {
        match self {
            Refusal::NotWhole(v) => format!("“{v}”不是整数"),
            Refusal::Negative(v) => format!("“{v}”为负数，此项不能为负"),
            Refusal::NotNumber(v) => format!("“{v}”不是数字"),
            Refusal::TooLarge(v) => format!("“{v}”大得不合理"),
            Refusal::NotFinite => "数值不是有限数（NaN 或无穷）".into(),
            Refusal::NotCategory { value, allowed } => {
                format!("“{value}”不在允许的取值之内：{allowed}")
            }
            Refusal::NotDate(v) => {
                format!("“{v}”不是日期，请写成 2020、2020-11 或 2020-11-01")
            }
            Refusal::NotFlag(v) => format!("“{v}”既不是“是”也不是“否”（是/否、1/0）"),
            Refusal::NotCode(v) => format!("“{v}”不是区划代码：只能用字母、数字、-、_ 和 ."),
            Refusal::IdentityNumber => "含有公民身份号码，系统不保存此类信息".into(),
            Refusal::Unreadable(what) => format!("该值无法使用：{what}"),
            Refusal::TooLong => "文本超过 10000 字".into(),
            Refusal::Nul => "文本含有空字符（U+0000），请删去".into(),
            Refusal::Required => "缺少图层要求必填的值".into(),
            Refusal::IdMissing => "编号为空".into(),
            Refusal::DuplicateId {
                id,
                first_file,
                first_row,
            } => match first_file {
                Some(file) => format!("编号“{id}”已在 {file} 第 {first_row} 行出现"),
                None => format!("编号“{id}”已在第 {first_row} 行出现"),
            },
            Refusal::MoreThanTotal { parts, total } => {
                format!("各方式合计 {parts}，超过通勤总人数 {total}")
            }
            Refusal::DuplicatePair(pair) => format!("{pair} 已有出行时间"),
            Refusal::NoPlace => "该行没有坐标".into(),
            Refusal::HalfPlace => "两个坐标缺了一个".into(),
            Refusal::NullGeometry => "该要素没有图形".into(),
            Refusal::EmptyGeometry => "图形为空".into(),
            Refusal::KeyMissing => "没有坐标，用于定位的键也为空".into(),
            Refusal::KeyUnknown(key) => format!("键“{key}”找不到对应的位置"),
            Refusal::WrongGeometry { found, wanted } => {
                format!(
                    "图形是{}，图层要求{}",
                    geometry_zh(found),
                    geometry_zh(wanted)
                )
            }
            Refusal::SeveralPoints(n) => format!("该要素有 {n} 个点，图层只接受一个"),
            Refusal::BrokenGeometry(what) => format!("图形已损坏：{what}"),
            Refusal::UnknownGeometry(kind) => {
                format!("无法读取 {kind} 类型的图形，请先把曲线、曲面转为普通的线和面")
            }
            Refusal::OutsideWorld => {
                "换算后坐标超出经纬度范围，请检查坐标系以及 x、y 的顺序".into()
            }
            Refusal::CannotRepair => "多边形修复后没有剩余面积".into(),
            Refusal::Fields { found, columns } => {
                format!("该行有 {found} 个字段，表头有 {columns} 列")
            }
            Refusal::OpenQuote { lines } => {
                format!("该行跨越 {lines} 行，可能有引号没有闭合")
            }
            Refusal::Damaged(what) => format!("该行已损坏：{what}"),
        }
    }
}

/// The Chinese word for a kind of geometry as refusals name it in English.
fn geometry_zh(kind: &str) -> &str {
    match kind {
        "point" | "points" => "点",
        "multi-point" => "多点",
        "line" | "lines" => "线",
        "multi-line" => "多线",
        "polygon" | "polygons" => "面",
        "multi-polygon" => "多面",
        "geometry collection" => "图形集合",
        other => other,
    }
}
