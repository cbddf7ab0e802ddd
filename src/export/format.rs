use std::{fmt, str::FromStr};

use super::ExportError;

/// A file format that features are exported in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    GeoJson,
    /// One GeoJSON feature a line.
    GeoJsonLines,
    FlatGeobuf,
    GeoPackage,
    /// Zipped `.shp .shx .dbf .prj .cpg`.
    Shapefile,
    Csv,
    Xlsx,
}

impl Format {
    pub const ALL: [Format; 7] = [
        Format::GeoJson,
        Format::GeoJsonLines,
        Format::FlatGeobuf,
        Format::GeoPackage,
        Format::Shapefile,
        Format::Csv,
        Format::Xlsx,
    ];

    /// The name in commands and addresses.
    pub fn name(self) -> &'static str {
        match self {
            Format::GeoJson => "geojson",
            Format::GeoJsonLines => "geojsonl",
            Format::FlatGeobuf => "flatgeobuf",
            Format::GeoPackage => "gpkg",
            Format::Shapefile => "shapefile",
            Format::Csv => "csv",
            Format::Xlsx => "xlsx",
        }
    }

    /// The end of a file's name, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Format::FlatGeobuf => "fgb",
            Format::Shapefile => "zip",
            other => other.name(),
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Format::GeoJson => "application/geo+json",
            Format::GeoJsonLines => "application/geo+json-seq",
            Format::FlatGeobuf => "application/flatgeobuf",
            Format::GeoPackage => "application/geopackage+sqlite3",
            Format::Shapefile => "application/zip",
            Format::Csv => "text/csv; charset=utf-8",
            Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    pub(super) fn names() -> String {
        Format::ALL.map(Format::name).join(", ")
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = ExportError;

    fn from_str(text: &str) -> Result<Self, ExportError> {
        Format::ALL
            .into_iter()
            .find(|format| text == format.name() || text == format.extension())
            .ok_or_else(|| ExportError::UnknownFormat(text.chars().take(40).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_found_by_name_and_extension() {
        for format in Format::ALL {
            assert_eq!(format.name().parse::<Format>().unwrap(), format);
            assert_eq!(format.extension().parse::<Format>().unwrap(), format);
        }
        let refused = "dwg".parse::<Format>().unwrap_err().to_string();
        assert!(refused.contains("flatgeobuf, gpkg"), "{refused}");
    }
}
