use std::sync::Arc;

use bytes::Bytes;
use moka::sync::Cache;
use sha2::{Digest, Sha256};

use crate::domain::{LayerId, Period, TileCoord};

/// How a tile's bytes are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    Identity,
    Gzip,
    Zstd,
    Brotli,
}

impl Encoding {
    /// The name in `Content-Encoding`; none for plain bytes.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Encoding::Identity => None,
            Encoding::Gzip => Some("gzip"),
            Encoding::Zstd => Some("zstd"),
            Encoding::Brotli => Some("br"),
        }
    }

    /// The best one that an `Accept-Encoding` header allows; gzip is the cheapest to make.
    pub fn accepted(header: &str) -> Self {
        let allows = |name: &str| {
            header.split(',').any(|part| {
                let mut pieces = part.split(';').map(str::trim);
                let named = pieces.next().is_some_and(|n| n.eq_ignore_ascii_case(name));
                named && !pieces.any(|p| matches!(p, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
            })
        };
        [
            (Encoding::Gzip, "gzip"),
            (Encoding::Zstd, "zstd"),
            (Encoding::Brotli, "br"),
        ]
        .into_iter()
        .find(|(_, name)| allows(name))
        .map_or(Encoding::Identity, |(encoding, _)| encoding)
    }

    pub fn compress(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Encoding::Identity => bytes.to_vec(),
            Encoding::Gzip => {
                let level = libdeflater::CompressionLvl::new(1).expect("1 is a level");
                let mut compressor = libdeflater::Compressor::new(level);
                let mut out = vec![0; compressor.gzip_compress_bound(bytes.len())];
                let length = compressor
                    .gzip_compress(bytes, &mut out)
                    .expect("the bound is enough");
                out.truncate(length);
                out
            }
            Encoding::Zstd => zstd::bulk::compress(bytes, 3).unwrap_or_else(|_| bytes.to_vec()),
            Encoding::Brotli => {
                let mut out = Vec::new();
                let params = brotli::enc::BrotliEncoderParams {
                    quality: 4,
                    ..Default::default()
                };
                brotli::BrotliCompress(&mut &bytes[..], &mut out, &params)
                    .expect("writing to memory cannot fail");
                out
            }
        }
    }
}

/// What a cached tile depends on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TileKey {
    pub layer: LayerId,
    pub period: Period,
    /// The commit that the layer's state comes from.
    pub version: u64,
    /// Of which publication the commit is, which counts its own; 0 for the exact city.
    pub publication: u64,
    pub tile: TileCoord,
    /// The filter as it was asked.
    pub filter: Option<Arc<str>>,
    pub encoding: Encoding,
}

/// A tile as it goes over the wire.
#[derive(Clone, Debug)]
pub struct Encoded {
    pub body: Bytes,
    pub encoding: Encoding,
    /// Hash of the body, in quotes: a strong validator.
    pub etag: Arc<str>,
    pub generalized: bool,
}

impl Encoded {
    pub fn new(tile: &super::Tile, encoding: Encoding) -> Self {
        let body = encoding.compress(&tile.bytes);
        let hash = Sha256::digest(&body);
        let hex: String = hash
            .iter()
            .take(12)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Encoded {
            body: body.into(),
            encoding,
            etag: format!("\"{hex}\"").into(),
            generalized: tile.generalized,
        }
    }
}

/// Encoded tiles, weighed in bytes; a tile that many ask for at once is made once.
#[derive(Clone, Debug)]
pub struct TileCache(Cache<TileKey, Option<Encoded>>);

impl TileCache {
    /// Holds up to `bytes`.
    pub fn new(bytes: u64) -> Self {
        let weigh = |key: &TileKey, tile: &Option<Encoded>| {
            let filter = key.filter.as_ref().map_or(0, |text| text.len());
            let body = tile.as_ref().map_or(0, |t| t.body.len());
            u32::try_from(200 + filter + body).unwrap_or(u32::MAX)
        };
        TileCache(Cache::builder().max_capacity(bytes).weigher(weigh).build())
    }

    /// The tile of `key` where it is there: `Some(None)` for one known to be empty.
    pub fn known(&self, key: &TileKey) -> Option<Option<Encoded>> {
        self.0.get(key)
    }

    /// The tile of `key`, made by `make` where it is not there; `None` for an empty tile.
    pub fn get_or_make(
        &self,
        key: TileKey,
        make: impl FnOnce() -> Option<Encoded>,
    ) -> Option<Encoded> {
        self.0.get_with(key, make)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_is_what_the_client_allows() {
        assert_eq!(
            Encoding::accepted("gzip, deflate, br, zstd"),
            Encoding::Gzip
        );
        assert_eq!(Encoding::accepted("br;q=1.0, gzip;q=0"), Encoding::Brotli);
        assert_eq!(Encoding::accepted("zstd"), Encoding::Zstd);
        assert_eq!(Encoding::accepted(""), Encoding::Identity);
    }
}
