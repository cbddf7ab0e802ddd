use std::sync::{Arc, OnceLock};

use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{Options, Tree, fontdb::Database},
};

use super::RenderError;
use crate::reports::document::Figure;

/// Points to pixels of print at 220 dots per inch.
const SCALE: f64 = 220.0 / 72.0;

/// The system's fonts, read once.
fn fonts() -> &'static Arc<Database> {
    static FONTS: OnceLock<Arc<Database>> = OnceLock::new();
    FONTS.get_or_init(|| {
        let mut fonts = Database::new();
        fonts.load_system_fonts();
        Arc::new(fonts)
    })
}

/// Whether a font on this machine has Chinese characters.
fn has_chinese(fonts: &Database) -> bool {
    const FAMILIES: [&str; 8] = [
        "Noto Sans CJK SC",
        "Noto Sans SC",
        "Source Han Sans SC",
        "Source Han Sans CN",
        "Microsoft YaHei",
        "SimHei",
        "PingFang SC",
        "WenQuanYi Micro Hei",
    ];
    fonts.faces().any(|face| {
        face.families
            .iter()
            .any(|(name, _)| FAMILIES.contains(&name.as_str()))
    })
}

/// A figure as PNG.
///
/// # Errors
/// Where the machine has no font with Chinese characters.
pub fn to_png(figure: &Figure) -> Result<Vec<u8>, RenderError> {
    let fonts = fonts();
    if !has_chinese(fonts) {
        return Err(RenderError::NoFont);
    }
    let failed = |e: String| RenderError::Figure(format!("{}: {e}", figure.number));
    let options = Options {
        fontdb: fonts.clone(),
        font_family: "Noto Sans CJK SC".to_owned(),
        ..Options::default()
    };
    let tree = Tree::from_str(&figure.svg, &options).map_err(|e| failed(e.to_string()))?;
    // The image says its size in points; a picture element is 4/3 of that.
    let scale = (figure.width_pt * SCALE) as f32 / tree.size().width();
    let (width, height) = (tree.size().width() * scale, tree.size().height() * scale);
    let mut pixels = Pixmap::new(width.ceil() as u32, height.ceil() as u32)
        .ok_or_else(|| failed("it has no size".to_owned()))?;
    resvg::render(
        &tree,
        Transform::from_scale(scale, scale),
        &mut pixels.as_mut(),
    );
    pixels.encode_png().map_err(|e| failed(e.to_string()))
}
