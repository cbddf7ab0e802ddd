use super::ImportError;
use crate::domain::Title;

impl ImportError {
    /// What is wrong and what to do, in both languages; names are those of the file.
    pub fn told(&self) -> Title {
        Title::new(self.in_chinese(), self.to_string())
    }

    fn in_chinese(&self) -> String {
        match self {
            ImportError::NoFile => "没有给出文件".to_owned(),
            ImportError::Io { file, source } => format!("{file}：无法读取：{source}"),
            ImportError::Empty { file } => format!("{file}：文件为空"),
            ImportError::UnknownFormat { file, hint } => format!(
                "{file}：不是 GeoJSON、GeoJSON 文本序列、FlatGeobuf、GeoPackage、Shapefile、CSV 或 \
                 XLSX（可为 .gz 或 .zip）{hint}"
            ),
            ImportError::Malformed {
                file,
                format,
                problem,
            } => format!("{file}：不是可读的 {format}：{problem}"),
            ImportError::TooLarge { file, what } => format!("{file}：过大：{what}"),
            ImportError::NothingInside { file, found } => {
                format!("{file}：其中没有可导入的内容{found}")
            }
            ImportError::SeveralInside { file, names, .. } => {
                format!("{file}：其中有多个，请用 {file}#名称 指定其一：{names}")
            }
            ImportError::NotInside {
                file, name, names, ..
            } => format!("{file}：其中没有“{name}”；有：{names}"),
            ImportError::Map { given, problem } => format!("--map {given}：{problem}"),
            ImportError::UnknownEncoding(name) => {
                format!("--encoding {name}：没有这种文本编码；请试 UTF-8 或 GB18030")
            }
            ImportError::AmbiguousColumns {
                file,
                columns,
                target,
            } => format!("{file}：列 {columns} 都可能是 {target}；请写 --map {target}=列名"),
            ImportError::AmbiguousTargets {
                file,
                column,
                targets,
            } => format!("{file}：列“{column}”可能是 {targets} 之一；请写 --map 字段={column}"),
            ImportError::OtherUnit {
                file,
                column,
                unit,
                attribute,
                wanted,
            } => format!(
                "{file}：列“{column}”的单位是 {unit}，而 {attribute} 按 {wanted} 存放：请先换算该列并改列名"
            ),
            ImportError::IdentityNumbers { file, column } => format!(
                "{file}：列“{column}”含公民身份号码：请删去该列；个人身份信息不予导入，此文件的内容一概未保留"
            ),
            ImportError::NoPlace { file, columns } => format!(
                "{file}：看不出各行的位置：{columns} 中没有 lon/lat、x/y 或 WKT 列；请用 --map lon=列名 \
                 --map lat=列名 指定，或用 --locate 图层 --key 列名 按键查找位置"
            ),
            ImportError::NoKeyColumn {
                file,
                column,
                columns,
            } => format!("{file}：没有键列“{column}”；现有的列：{columns}"),
            ImportError::NoColumn {
                file,
                layer,
                missing,
                columns,
            } => format!(
                "{file}：{layer} 需要 {missing}，但没有这样的列；请写 --map 字段=列名；现有的列：{columns}"
            ),
            ImportError::NoModeColumn { column } => format!(
                "没有名为“{column}”的列：--mode-columns 按文件中的列名指定各方式的通勤人数列"
            ),
            ImportError::ModeColumns { given } => {
                format!("--mode-columns {given}：每列只写一次，用逗号分隔")
            }
            ImportError::NoCounts {
                file,
                counts,
                columns,
            } => format!(
                "{file}：没有一列是 {counts} 之一；请写 --map 计数=列名；现有的列：{columns}"
            ),
            ImportError::UnknownCrs { file, why } => format!(
                "{file}：坐标系不明（{why}）；CGCS2000 经纬度请写 --crs EPSG:4490，地图服务坐标请写 --crs \
                 GCJ-02，广州平面坐标请写 --crs EPSG:4547，或其他；不要猜，请问制作者"
            ),
            ImportError::Crs { file, source } => format!("{file}：{source}"),
            ImportError::Cancelled => "已取消，没有导入任何内容".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_column_is_told_in_both_languages() {
        let error = ImportError::NoColumn {
            file: "f.csv".into(),
            layer: "flows".into(),
            missing: "commuters".into(),
            columns: "from, to".into(),
        };
        let Title { zh, en } = error.told();
        assert_eq!(
            zh,
            "f.csv：flows 需要 commuters，但没有这样的列；请写 --map 字段=列名；现有的列：from, to"
        );
        assert!(en.starts_with("f.csv: flows requires commuters"), "{en}");
    }
}
