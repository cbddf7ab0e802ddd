//! Whether a token is the provider's word about whoever asked (OpenID Connect Core 1.0, section 3.1.3.7).

use jsonwebtoken::{
    Algorithm, DecodingKey, Header, Validation, decode, decode_header,
    jwk::{Jwk, JwkSet, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::{Map, Value};

/// How far the clocks of both may be apart.
const APART_S: i64 = 60;

/// The kinds of signature that are believed: those whose keys the provider alone holds.
const SIGNATURES: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// What a token has to say.
pub struct Expected<'a> {
    pub issuer: &'a str,
    pub client: &'a str,
    pub nonce: &'a str,
    pub now_s: i64,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the token is signed by a key that the provider does not show")]
    NoKey,
    #[error("the token is none, or not signed by the provider")]
    Signature,
    #[error("the `{0}` of the token is not the one expected")]
    Claim(&'static str),
    #[error("the token is past its time, or of later")]
    Time,
}

/// What a token says.
#[derive(Debug, Deserialize)]
pub struct Claims {
    pub iss: String,
    pub sub: String,
    aud: Audience,
    exp: i64,
    iat: i64,
    nonce: String,
    #[serde(default)]
    azp: Option<String>,
    #[serde(flatten)]
    more: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Claims {
    /// A claim that is a text, and not an empty one.
    pub fn text(&self, claim: &str) -> Option<String> {
        let text = match claim {
            "sub" => Some(&*self.sub),
            _ => self.more.get(claim).and_then(Value::as_str),
        };
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    }
}

/// What a token says, if it is the provider's word, of now, to this client, about whoever asked.
///
/// # Errors
/// It is not.
pub fn read(token: &str, keys: &JwkSet, expected: &Expected<'_>) -> Result<Claims, Refused> {
    let header = decode_header(token).map_err(|_| Refused::Signature)?;
    if !SIGNATURES.contains(&header.alg) {
        return Err(Refused::Signature);
    }
    let key = key(keys, &header).ok_or(Refused::NoKey)?;
    let key = DecodingKey::from_jwk(key).map_err(|_| Refused::NoKey)?;
    let mut signature_alone = Validation::new(header.alg);
    signature_alone.validate_exp = false;
    signature_alone.validate_aud = false;
    signature_alone.required_spec_claims.clear();
    let claims = decode::<Claims>(token, &key, &signature_alone);
    let claims = claims.map_err(|_| Refused::Signature)?.claims;
    let is_for_us = match &claims.aud {
        Audience::One(one) => one == expected.client,
        Audience::Many(many) => many.iter().any(|one| one == expected.client),
    };
    let is_for_others = matches!(&claims.aud, Audience::Many(many) if many.len() > 1);
    let is_ours = match &claims.azp {
        Some(party) => party == expected.client,
        None => !is_for_others,
    };
    for (claim, holds) in [
        ("iss", claims.iss == expected.issuer),
        ("aud", is_for_us),
        ("azp", is_ours),
        ("nonce", claims.nonce == expected.nonce),
        ("sub", !claims.sub.is_empty() && claims.sub.len() <= 255),
    ] {
        if !holds {
            return Err(Refused::Claim(claim));
        }
    }
    let is_of_now = claims.exp > expected.now_s - APART_S && claims.iat < expected.now_s + APART_S;
    match is_of_now {
        true => Ok(claims),
        false => Err(Refused::Time),
    }
}

/// The key that a token names, or the only one that signs.
fn key<'a>(keys: &'a JwkSet, header: &Header) -> Option<&'a Jwk> {
    let signs = |key: &&Jwk| {
        !matches!(
            key.common.public_key_use,
            Some(PublicKeyUse::Encryption | PublicKeyUse::Other(_))
        )
    };
    let mut all = keys.keys.iter().filter(signs);
    match &header.kid {
        Some(id) => all.find(|key| key.common.key_id.as_ref() == Some(id)),
        None => all.next().filter(|_| all.next().is_none()),
    }
}
