use crate::domain::Language;

/// Something that an import did on its own and that a steward should know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Note {
    /// Rows got the ids 1, 2, …
    AssignedIds,
    /// The id was taken from the area code.
    IdFromCode,
    /// The area code was taken from the id.
    CodeFromId,
    /// Numbers were written with full-width digits.
    FullWidthNumbers,
    /// Numbers were written with thousands separators.
    GroupedNumbers,
    /// A point inside stands for each polygon.
    PointOnSurface,
    /// A feature of several parts with only one was taken as that one.
    SinglePart,
    /// Lines above the headings were skipped.
    LinesAboveHeadings,
    /// Rows of totals (合计) were skipped.
    TotalRows,
    /// Records marked as deleted were skipped.
    DeletedRecords,
    /// The index file of a shapefile is missing; the records were read in order.
    NoShapeIndex,
    /// The attribute table of a shapefile is missing.
    NoAttributeTable,
    /// Shapes and attribute records differ in number.
    UnevenShapefile,
    /// Characters could not be read in the encoding.
    UnreadableCharacters,
    /// Two columns have the same heading; the later one was renamed.
    RenamedColumn(String),
    /// The count of features in the header is wrong.
    WrongFeatureCount,
    /// Heights or measures were left out.
    FlattenedCoordinates,
}

impl Note {
    /// The note in plain words; `times` is how often it happened.
    pub fn in_language(&self, language: Language, times: u64) -> String {
        match language {
            Language::Zh => self.zh(times),
            Language::En => self.en(times),
        }
    }

    fn en(&self, n: u64) -> String {
        match self {
            Note::AssignedIds => format!(
                "{n} rows had no id and were numbered 1, 2, …; updates will need the same order"
            ),
            Note::IdFromCode => format!("the area code serves as id in {n} rows"),
            Note::CodeFromId => format!("the id serves as area code in {n} rows"),
            Note::FullWidthNumbers => format!("{n} numbers were in full-width digits"),
            Note::GroupedNumbers => format!("{n} numbers had thousands separators (1,234)"),
            Note::PointOnSurface => {
                format!("{n} polygons were given for a point layer: a point inside stands for each")
            }
            Note::SinglePart => {
                format!("{n} multi-part features had one part and became that part")
            }
            Note::LinesAboveHeadings => format!("{n} lines above the headings were skipped"),
            Note::TotalRows => format!("{n} rows of totals (合计) were skipped"),
            Note::DeletedRecords => format!("{n} records are marked as deleted and were skipped"),
            Note::NoShapeIndex => "the .shx index is missing; shapes were read in order".into(),
            Note::NoAttributeTable => {
                "there is no .dbf beside the .shp: shapes have no values".into()
            }
            Note::UnevenShapefile => {
                format!("shapes and records differ by {n}; the surplus was left out")
            }
            Note::UnreadableCharacters => {
                format!(
                    "{n} texts hold characters that the encoding cannot explain; try --encoding"
                )
            }
            Note::RenamedColumn(name) => {
                format!("a heading stands twice; the later column is called `{name}` here")
            }
            Note::WrongFeatureCount => {
                format!("the file's header is wrong about the number of features by {n}")
            }
            Note::FlattenedCoordinates => format!("heights of {n} features were left out"),
        }
    }

    fn zh(&self, n: u64) -> String {
        match self {
            Note::AssignedIds => {
                format!("{n} 行没有编号，已依次编为 1、2、…；以后更新须保持同样的顺序")
            }
            Note::IdFromCode => format!("{n} 行以区划代码作为编号"),
            Note::CodeFromId => format!("{n} 行以编号作为区划代码"),
            Note::FullWidthNumbers => format!("{n} 个数字为全角"),
            Note::GroupedNumbers => format!("{n} 个数字带千位分隔符（1,234）"),
            Note::PointOnSurface => format!("点图层收到 {n} 个面，各以面内一点代表"),
            Note::SinglePart => format!("{n} 个多部件要素只有一个部件，已作单部件处理"),
            Note::LinesAboveHeadings => format!("跳过表头以上 {n} 行"),
            Note::TotalRows => format!("跳过合计行 {n} 行"),
            Note::DeletedRecords => format!("{n} 条记录带删除标记，已跳过"),
            Note::NoShapeIndex => "缺少 .shx 索引，已按顺序读取图形".into(),
            Note::NoAttributeTable => ".shp 旁边没有 .dbf：图形没有属性".into(),
            Note::UnevenShapefile => format!("图形与记录相差 {n} 条，多出的未导入"),
            Note::UnreadableCharacters => {
                format!("{n} 处文字含有该编码无法解释的字符，可用 --encoding 指定编码")
            }
            Note::RenamedColumn(name) => format!("有重名的列，后一列在此称为“{name}”"),
            Note::WrongFeatureCount => format!("文件头所记要素数与实际相差 {n}"),
            Note::FlattenedCoordinates => format!("{n} 个要素的高程未导入"),
        }
    }
}
