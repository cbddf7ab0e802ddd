//! Rows of the record to a log server (RFC 5424): what leaves the machine cannot be changed on it.

use std::{
    fmt,
    io::Write,
    net::{TcpStream, ToSocketAddrs, UdpSocket},
    str::FromStr,
    time::Duration,
};

use super::Row;
use crate::accounts::AccountError;

/// Where rows go: `udp:HOST:514` or `tcp:HOST:601`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyslogAddress {
    Udp(String),
    Tcp(String),
}

impl FromStr for SyslogAddress {
    type Err = AccountError;

    fn from_str(text: &str) -> Result<Self, AccountError> {
        let (kind, place) = text.split_once(':').unwrap_or(("", text));
        let has_port = place
            .rsplit_once(':')
            .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        match (kind, has_port) {
            ("udp", true) => Ok(SyslogAddress::Udp(place.to_owned())),
            ("tcp", true) => Ok(SyslogAddress::Tcp(place.to_owned())),
            _ => Err(AccountError::field(
                "syslog",
                "请写 udp:主机:端口 或 tcp:主机:端口。",
                "write udp:HOST:PORT or tcp:HOST:PORT",
            )),
        }
    }
}

/// How long a log server may take; rows are in the chain in any case.
const TIME: Duration = Duration::from_secs(2);

/// A log server.
pub struct Syslog {
    address: SyslogAddress,
    line: Line,
    /// Whether the last row did not get through: said once, not for every row.
    is_lost: bool,
}

enum Line {
    None,
    Udp(UdpSocket),
    Tcp(TcpStream),
}

impl fmt::Debug for Syslog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Syslog({:?})", self.address)
    }
}

impl Syslog {
    pub fn new(address: SyslogAddress) -> Self {
        Syslog {
            address,
            line: Line::None,
            is_lost: false,
        }
    }

    /// Sends a row; where the server is away the row stays in the chain alone, and the log says so.
    pub fn send(&mut self, row: &Row) {
        let sent = self.try_send(&message(row));
        if let Err(error) = &sent {
            self.line = Line::None;
            if !self.is_lost {
                tracing::warn!(%error, "the log server does not take the record");
            }
        }
        self.is_lost = sent.is_err();
    }

    fn try_send(&mut self, message: &str) -> std::io::Result<()> {
        if matches!(self.line, Line::None) {
            self.line = self.connect()?;
        }
        match &mut self.line {
            Line::None => Ok(()),
            Line::Udp(socket) => socket.send(message.as_bytes()).map(drop),
            // Octet counting (RFC 6587, section 3.4.1).
            Line::Tcp(stream) => write!(stream, "{} {message}", message.len()),
        }
    }

    fn connect(&self) -> std::io::Result<Line> {
        Ok(match &self.address {
            SyslogAddress::Udp(place) => {
                let place = resolved(place)?;
                let own = if place.is_ipv4() {
                    "0.0.0.0:0"
                } else {
                    "[::]:0"
                };
                let socket = UdpSocket::bind(own)?;
                socket.connect(place)?;
                Line::Udp(socket)
            }
            SyslogAddress::Tcp(place) => {
                let stream = TcpStream::connect_timeout(&resolved(place)?, TIME)?;
                stream.set_write_timeout(Some(TIME))?;
                Line::Tcp(stream)
            }
        })
    }
}

fn resolved(place: &str) -> std::io::Result<std::net::SocketAddr> {
    let found = place.to_socket_addrs()?.next();
    found.ok_or_else(|| std::io::Error::other(format!("{place} has no address")))
}

/// Facility 13 (log audit), severity 6 (informational), a refusal 4 (warning).
fn message(row: &Row) -> String {
    let is_refused = row.outcome.starts_with("40") || row.outcome.starts_with("429");
    let priority = 13 * 8 + if is_refused { 4 } else { 6 };
    let at = crate::clock::text(row.at_ms.div_euclid(1000));
    let escaped = |text: &str| {
        let mut out = String::new();
        for c in text.chars() {
            if matches!(c, '"' | '\\' | ']') {
                out.push('\\');
            }
            out.push(c);
        }
        out
    };
    let fields = [
        ("number", row.number.to_string()),
        ("who", row.who.clone()),
        ("credential", row.credential.clone()),
        ("origin", row.origin.clone()),
        ("act", row.act.clone()),
        ("subject", row.subject.clone()),
        ("outcome", row.outcome.clone()),
        ("times", row.times.to_string()),
        ("hash", row.hash.clone()),
    ];
    let fields = fields.map(|(name, value)| format!(" {name}=\"{}\"", escaped(&value)));
    // 32473 is the enterprise number of examples (RFC 5612): ours is not registered.
    format!(
        "<{priority}>1 {at} - suitu {} audit [audit@32473{}]",
        std::process::id(),
        fields.concat()
    )
}

#[cfg(test)]
mod tests {
    use super::{super::entry::tests::entry, *};

    #[test]
    fn a_row_is_one_message_of_rfc_5424() {
        let mut refused = entry("GET /api/users");
        refused.outcome = "403 not_granted".into();
        refused.subject = "a\"]b".into();
        let text = message(&refused.chained(3, "ab"));
        assert!(
            text.starts_with("<108>1 2023-11-14T22:13:20Z - suitu "),
            "{text}"
        );
        assert!(text.contains(" audit [audit@32473 number=\"3\" who=\"chenyu\""));
        assert!(text.contains(r#"subject="a\"\]b""#), "{text}");
        assert!(message(&entry("x").chained(1, "")).starts_with("<110>1 "));
    }

    #[test]
    fn rows_arrive_at_the_server_and_a_missing_one_is_no_fault() {
        let server = UdpSocket::bind("127.0.0.1:0").unwrap();
        server
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        let address = format!("udp:{}", server.local_addr().unwrap());
        let mut syslog = Syslog::new(address.parse().unwrap());
        syslog.send(&entry("x").chained(1, ""));
        let mut bytes = [0; 2000];
        let read = server.recv(&mut bytes).unwrap();
        assert!(
            std::str::from_utf8(&bytes[..read])
                .unwrap()
                .contains("act=\"x\"")
        );
        assert!("127.0.0.1:514".parse::<SyslogAddress>().is_err());
        assert!("tcp:logs".parse::<SyslogAddress>().is_err());
        let mut gone = Syslog::new("tcp:127.0.0.1:1".parse().unwrap());
        gone.send(&entry("x").chained(1, ""));
    }
}
