use super::StoreError;
use crate::domain::Title;

impl StoreError {
    /// What it means, in both languages.
    pub fn told(&self) -> Title {
        let zh = match self {
            StoreError::Open { path, problem } => format!("{path}：{}", problem.zh),
            StoreError::TooNew { path, found, known } => format!(
                "{path} 是更新版本的 Suitu 写的（结构版本 {found}，本程序只认识到 {known}）；请更新本程序。"
            ),
            StoreError::Occupied {
                layer,
                period,
                features,
            } => format!(
                "图层 {layer} 在 {period} 已有 {features} 个要素：要替换请加 --replace，要按编号更新请加 --update。"
            ),
            StoreError::FlowsOccupied {
                level,
                period,
                flows,
            } => format!("层级 {level} 在 {period} 已有 {flows} 条通勤流：要替换请加 --replace。"),
            StoreError::DuplicateId { layer, id } => format!("图层 {layer} 中编号“{id}”出现两次。"),
            StoreError::UnknownLayer(layer) => format!("没有图层“{layer}”。"),
            StoreError::EditConflict(conflicts) => format!(
                "有 {} 个要素其间已被他人修改：请重新读取，看过之后再做。",
                conflicts.len()
            ),
            StoreError::Answered(answer) => format!("这次修改已经做过，变更号 {}。", answer.number),
            StoreError::NoScenario(id) => format!("没有方案 {id}。"),
            StoreError::ScenarioChanged { id, found } => {
                format!("方案 {id} 其间已被修改（版本 {found}）：请重新读取，看过之后再做。")
            }
            StoreError::Cancelled => "已取消，什么都没有写入。".into(),
            StoreError::Unreachable(cause) => {
                format!("暂时连不上存放城市的文件或数据库，请稍后再试（{cause}）。")
            }
            StoreError::Standby(cause) => {
                format!("连上的是备用数据库，只能读；请连主库，或等备库接管后再试（{cause}）。")
            }
            StoreError::Unsure(cause) => {
                format!(
                    "保存的一刻断了连接，修改可能已保存，也可能没有：请先查看再决定是否重做（{cause}）。"
                )
            }
            StoreError::NoRoom(cause) => {
                format!("存放城市的磁盘已满，什么都没有写入；请先清理磁盘（{cause}）。")
            }
            StoreError::Backend(problem) => format!("存储出错：{problem}"),
        };
        Title::new(zh, self.to_string())
    }
}
