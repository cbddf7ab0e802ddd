use serde::{Deserialize, Serialize};

use super::QueryError;
use crate::analysis::access::{Band, Decay};

/// The form of a decay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DecayKind {
    /// Steps with a weight each.
    Bands,
    Exponential,
    Power,
    Gaussian,
    Logistic,
    /// Straight down to 0 at the cutoff.
    Linear,
}

/// A decay as a question writes it; costs are in the question's unit.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecayQuery {
    pub kind: DecayKind,
    /// `[[until, weight], …]`, each until inclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bands: Option<Vec<(f64, f64)>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beta: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alpha: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sigma: Option<f64>,
    /// The least cost that a power counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<f64>,
    /// Where a logistic curve is one half.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub midpoint: Option<f64>,
}

impl DecayQuery {
    pub(super) fn bands(bands: Vec<(f64, f64)>) -> Self {
        DecayQuery {
            kind: DecayKind::Bands,
            bands: Some(bands),
            beta: None,
            alpha: None,
            sigma: None,
            floor: None,
            midpoint: None,
        }
    }

    /// Where the last band ends.
    pub(super) fn end(&self) -> Option<f64> {
        Some(self.bands.as_ref()?.last()?.0)
    }

    /// # Errors
    /// A parameter that is missing, does not belong to the form, or is out of range.
    pub(super) fn decay(&self, cutoff: f64) -> Result<Decay, QueryError> {
        let fail = |problem: String| QueryError::field("decay", problem);
        let parameters = [
            ("bands", self.bands.is_some()),
            ("beta", self.beta.is_some()),
            ("alpha", self.alpha.is_some()),
            ("sigma", self.sigma.is_some()),
            ("floor", self.floor.is_some()),
            ("midpoint", self.midpoint.is_some()),
        ];
        let (kind, wanted): (&str, &[&str]) = match self.kind {
            DecayKind::Bands => ("bands", &["bands"]),
            DecayKind::Exponential => ("exponential", &["beta"]),
            DecayKind::Power => ("power", &["alpha", "floor"]),
            DecayKind::Gaussian => ("gaussian", &["sigma"]),
            DecayKind::Logistic => ("logistic", &["midpoint", "sigma"]),
            DecayKind::Linear => ("linear", &[]),
        };
        for (name, is_given) in parameters {
            match (is_given, wanted.contains(&name)) {
                (false, true) => return Err(fail(format!("{kind} needs `{name}`"))),
                (true, false) => return Err(fail(format!("{kind} has no `{name}`"))),
                _ => {}
            }
        }
        let given = |value: Option<f64>| value.unwrap_or(f64::NAN);
        let decay = match self.kind {
            DecayKind::Bands => {
                let bands = self.bands.iter().flatten();
                let band = |(until, weight): &(f64, f64)| Band {
                    until: *until,
                    weight: *weight,
                };
                Decay::Bands(bands.map(band).collect())
            }
            DecayKind::Exponential => Decay::Exponential {
                beta: given(self.beta),
            },
            DecayKind::Power => Decay::Power {
                alpha: given(self.alpha),
                floor: given(self.floor),
            },
            DecayKind::Gaussian => Decay::Gaussian {
                sigma: given(self.sigma),
            },
            DecayKind::Logistic => Decay::Logistic {
                midpoint: given(self.midpoint),
                sigma: given(self.sigma),
            },
            DecayKind::Linear => Decay::Linear { zero_at: cutoff },
        };
        decay.check().map_err(|e| fail(e.to_string()))?;
        Ok(decay)
    }
}
