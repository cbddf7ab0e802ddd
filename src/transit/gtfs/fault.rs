use crate::domain::Language;

/// Why a row of a feed was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    StopId,
    RouteId,
    ServiceDates,
    ExceptionDate,
    TripId,
    TripService,
    CallTrip,
    CallStop,
    CallTime,
    CallByArea,
    TripTimes,
    TripLength,
    Headway,
    TransferStops,
    TransferType,
    TransferOfTrips,
    PathwayEnds,
}

impl Fault {
    /// What is wrong, and what to do where that is not plain.
    pub fn text(self, language: Language) -> &'static str {
        let (zh, en) = match self {
            Fault::StopId => (
                "站点没有编号，或编号与前面的重复",
                "stop without an id of its own",
            ),
            Fault::RouteId => (
                "线路没有编号，或编号与前面的重复",
                "route without an id of its own",
            ),
            Fault::ServiceDates => (
                "运营日历没有有效的起止日期（应写作 20190513）",
                "service without valid first and last dates (write 20190513)",
            ),
            Fault::ExceptionDate => (
                "例外日期看不懂（日期应写作 20190513，类型为 1 加开或 2 停运）",
                "exception not understood (date as 20190513, type 1 added or 2 removed)",
            ),
            Fault::TripId => (
                "班次没有编号，或编号与前面的重复",
                "trip without an id of its own",
            ),
            Fault::TripService => (
                "班次所属的运营日历不存在",
                "trip of a service that no calendar names",
            ),
            Fault::CallTrip => (
                "停靠所属的班次不存在或未采用",
                "call of a trip that is not there",
            ),
            Fault::CallStop => (
                "停靠的站点不存在，或没有顺序号",
                "call without a known stop and order",
            ),
            Fault::CallTime => (
                "停靠时刻看不懂（应写作 25:10:00），整个班次未采用",
                "time not understood (write 25:10:00); the whole trip is left out",
            ),
            Fault::CallByArea => (
                "预约响应式停靠，没有固定站点与时刻",
                "call on demand, without a stop and time of its own",
            ),
            Fault::TripTimes => (
                "班次的时刻倒退，或首末站没有时刻",
                "trip whose times run backwards or lack an end",
            ),
            Fault::TripLength => ("班次的停靠不足两处", "trip with fewer than two calls"),
            Fault::Headway => (
                "发车间隔看不懂（起止时刻与正的秒数，起在止前）",
                "headway not understood (from before until, seconds above 0)",
            ),
            Fault::TransferStops => ("换乘的站点不存在", "transfer between unknown stops"),
            Fault::TransferType => (
                "换乘的类型或时间看不懂",
                "transfer whose type or time is not understood",
            ),
            Fault::TransferOfTrips => (
                "只对个别线路或班次有效的换乘，不支持",
                "transfer of single routes or trips, which is not supported",
            ),
            Fault::PathwayEnds => (
                "站内通道的端点不存在，或没有方向",
                "pathway between unknown places or without a direction",
            ),
        };
        match language {
            Language::Zh => zh,
            Language::En => en,
        }
    }
}
