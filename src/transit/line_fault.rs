use crate::domain::Language;

/// What is wrong with a row of a line table.
#[derive(Clone, Debug, PartialEq)]
pub enum LineFault {
    NothingInRow,
    NoStation,
    UnknownStation(String),
    /// A name that several stations have, and their ids.
    SeveralStations(String, String),
    MovedStation(String),
    Place,
    NoOrder,
    OrderTwice(i64),
    NoRun,
    Seconds(f64),
    OneStation,
    NoHeadway,
    NoTime,
    Time(String),
    Band(String),
    Backwards,
    Headway(f64),
    NoSuchLine(String),
}

impl LineFault {
    /// What is wrong and how to mend it.
    pub fn text(&self, language: Language) -> String {
        let zh = language == Language::Zh;
        match self {
            LineFault::NothingInRow if zh => {
                "既没有站点也没有发车间隔；请填其一，或删去此行".into()
            }
            LineFault::NothingInRow => {
                "neither a station nor a headway; fill one or remove the row".into()
            }
            LineFault::NoStation if zh => "没有站点；请填站名或站点编号".into(),
            LineFault::NoStation => "no station; write its name or id".into(),
            LineFault::UnknownStation(name) if zh => {
                format!("城市的站点图层中没有“{name}”；请核对名称，或填经度和纬度")
            }
            LineFault::UnknownStation(name) => format!(
                "the city has no station `{name}`; check the name, or write longitude and latitude"
            ),
            LineFault::SeveralStations(name, ids) if zh => {
                format!("有几座车站都叫“{name}”；请填站点编号：{ids}")
            }
            LineFault::SeveralStations(name, ids) => {
                format!("several stations are called `{name}`; write the station id: {ids}")
            }
            LineFault::MovedStation(id) if zh => format!("站点“{id}”在前面的行里坐标不同；请统一"),
            LineFault::MovedStation(id) => {
                format!("station `{id}` has another place in an earlier row; make them one")
            }
            LineFault::Place if zh => "不是经纬度；请填十进制度，或用 --crs 说明坐标系".into(),
            LineFault::Place => {
                "no longitude and latitude; write degrees, or name the system with --crs".into()
            }
            LineFault::NoOrder if zh => "没有序号；请按行车顺序填 1、2、3…".into(),
            LineFault::NoOrder => "no order; number the stations 1, 2, 3 … as trains run".into(),
            LineFault::OrderTwice(order) if zh => {
                format!("同一线路同一方向的序号 {order} 出现两次；往返不同的线路请填方向")
            }
            LineFault::OrderTwice(order) => format!(
                "order {order} stands twice on this line; where both ways differ, write the \
                 direction"
            ),
            LineFault::NoRun if zh => "没有到下一站的区间时间；只有末站可以不填".into(),
            LineFault::NoRun => {
                "no run time to the next station; only the last one goes without".into()
            }
            LineFault::Seconds(value) if zh => {
                format!("{value} 秒不合理；区间时间应为 0 至 6 小时，停站时间应为 0 至 1 小时")
            }
            LineFault::Seconds(value) => {
                format!("{value} s is out of reason; runs take up to 6 h, dwells up to 1 h")
            }
            LineFault::OneStation if zh => "线路不足两站；请补全，并检查方向是否一致".into(),
            LineFault::OneStation => {
                "a line of fewer than two stations; add the others, or write one direction".into()
            }
            LineFault::NoHeadway if zh => "这条线路没有发车间隔；请补一行时段与间隔".into(),
            LineFault::NoHeadway => {
                "the line has no headway; add a row with from, until and headway".into()
            }
            LineFault::NoTime if zh => "时段起、时段止与发车间隔须同时填写".into(),
            LineFault::NoTime => "from, until and headway must stand together".into(),
            LineFault::Time(text) if zh => {
                format!("“{text}”不是时刻；请写 06:30，过零点写 24:30")
            }
            LineFault::Time(text) => {
                format!("`{text}` is no time; write 06:30, and 24:30 after midnight")
            }
            LineFault::Band(text) if zh => format!("“{text}”不是时段；请写 06:30-09:00"),
            LineFault::Band(text) => format!("`{text}` is no band; write 06:30-09:00"),
            LineFault::Backwards if zh => "时段止不晚于时段起；过零点的时刻请写 24:30".into(),
            LineFault::Backwards => {
                "until is not after from; write 24:30 for half an hour after midnight".into()
            }
            LineFault::Headway(value) if zh => {
                format!("发车间隔 {value} 秒不合理；应为 10 秒至 6 小时，请核对单位")
            }
            LineFault::Headway(value) => {
                format!("a headway of {value} s is out of reason (10 s to 6 h); check the unit")
            }
            LineFault::NoSuchLine(name) if zh => {
                format!("没有线路“{name}”（或这个方向）的站点；请核对线路名与方向")
            }
            LineFault::NoSuchLine(name) => {
                format!("line `{name}` has no stations in this direction; check both names")
            }
        }
    }
}
