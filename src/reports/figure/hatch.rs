/// Lines over a color, which show in greys too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hatch {
    Wide,
    Close,
    Back,
    Level,
    Grid,
    Dots,
    /// Over other fills: what nobody serves.
    Blind,
}

impl Hatch {
    const ALL: [Hatch; 7] = [
        Hatch::Wide,
        Hatch::Close,
        Hatch::Back,
        Hatch::Level,
        Hatch::Grid,
        Hatch::Dots,
        Hatch::Blind,
    ];

    pub fn id(self) -> &'static str {
        match self {
            Hatch::Wide => "wide",
            Hatch::Close => "close",
            Hatch::Back => "back",
            Hatch::Level => "level",
            Hatch::Grid => "grid",
            Hatch::Dots => "dots",
            Hatch::Blind => "blind",
        }
    }

    /// The pattern as SVG defines it.
    pub fn definition(self) -> String {
        let line = |side: f64, turn: i32, stroke: &str| {
            format!(
                r#"<pattern id="{}" width="{side}" height="{side}" patternUnits="userSpaceOnUse" patternTransform="rotate({turn})"><line x1="0" y1="0" x2="0" y2="{side}" {stroke}/></pattern>"#,
                self.id()
            )
        };
        match self {
            Hatch::Wide => line(5.0, 45, r##"stroke="#43525c" stroke-width="0.9""##),
            Hatch::Close => line(2.6, 45, r##"stroke="#2d3b45" stroke-width="1.1""##),
            Hatch::Back => line(4.0, -45, r##"stroke="#43525c" stroke-width="0.9""##),
            Hatch::Level => line(3.4, 90, r##"stroke="#43525c" stroke-width="0.9""##),
            Hatch::Blind => line(3.0, -45, r##"stroke="#8a1f11" stroke-width="0.9""##),
            Hatch::Grid => concat!(
                r#"<pattern id="grid" width="4.5" height="4.5" patternUnits="userSpaceOnUse">"#,
                r##"<path d="M0 0H4.5M0 0V4.5" stroke="#43525c" stroke-width="0.9"/></pattern>"##
            )
            .to_owned(),
            Hatch::Dots => concat!(
                r#"<pattern id="dots" width="5" height="5" patternUnits="userSpaceOnUse">"#,
                r##"<circle cx="1.5" cy="1.5" r="0.6" fill="#8a8a8a"/></pattern>"##
            )
            .to_owned(),
        }
    }
}

/// An image whose patterns have names of their own, so that several can stand on one page.
pub fn scoped(svg: &str, own: &str) -> String {
    let mut svg = svg.to_owned();
    for hatch in Hatch::ALL {
        let id = hatch.id();
        svg = svg.replace(&format!("id=\"{id}\""), &format!("id=\"{id}{own}\""));
        svg = svg.replace(&format!("url(#{id})"), &format!("url(#{id}{own})"));
    }
    svg
}
