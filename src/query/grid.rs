use std::sync::Arc;

use crate::domain::{Layer, LayerId};

/// The id of a layer of cells, made for one question.
pub(super) static LAYER: &str = "grid";

/// The layer of cells, made like a layer of homes without any attribute.
pub(super) fn layer(homes: &Layer) -> Arc<Layer> {
    let id: LayerId = LAYER.parse().expect("a layer name");
    let mut layer = Layer {
        id,
        attributes: Vec::new(),
        ..homes.clone()
    };
    layer.style.attribute = None;
    Arc::new(layer)
}
