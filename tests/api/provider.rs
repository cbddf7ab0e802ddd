//! Signing in by an identity provider, which stands on this machine for the tests.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Form, Json as Answered, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine, prelude::*};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use suitu::{
    accounts::{
        Grants, Provider, ProviderSettings, Role,
        audit::{Chain, Search},
    },
    clock,
    http::Doors,
};

use super::{
    helpers::{Answer, App, Guarded},
    rights::roles,
};

/// Of a key that signs nothing but these tests (PKCS #8), and its public part.
const KEY: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQghI1ryBmNk+1ijsTIDHWU6R1x6yjf\
    mpOpfgTWy0wmI3ahRANCAAR4bacp2shYsaUEwtXYbwt3RiIcr4q3PLSoJObLNmhzfeiGQlFi0scGansa03sUywqdysA5\
    rVBQx5wG9HiA6p/A";
const X: &str = "eG2nKdrIWLGlBMLV2G8Ld0YiHK-Ktzy0qCTmyzZoc30";
const Y: &str = "6IZCUWLSxwZqexrTexTLCp3KwDmtUFDHnAb0eIDqn8A";

const RETURN: &str = "https://suitu.example/api/session/provider/return";

/// A way of signing claims.
type Signing = fn(&Json) -> String;

/// A provider, and what it says of whoever asks next.
#[derive(Clone)]
struct Identities {
    issuer: String,
    /// Challenge and nonce by code.
    codes: Arc<Mutex<HashMap<String, (String, String)>>>,
    /// Claims over those that are right.
    says: Arc<Mutex<Json>>,
    /// Another way of signing.
    signs: Arc<Mutex<Signing>>,
}

impl Identities {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a port");
        let issuer = format!("http://{}", listener.local_addr().expect("an address"));
        let identities = Identities {
            issuer,
            codes: Arc::default(),
            says: Arc::new(Mutex::new(json!({}))),
            signs: Arc::new(Mutex::new(signed)),
        };
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(described))
            .route("/keys", get(keys))
            .route("/token", post(exchanged))
            .with_state(identities.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        identities
    }

    fn doors(&self) -> Doors {
        let text = format!(
            "issuer = \"{}\"\nclient_id = \"suitu\"\nclient_secret = \"s:cret\"\nredirect = \"{RETURN}\"\n\
             title = \"政务账户\"",
            self.issuer
        );
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), text).expect("written");
        let settings = ProviderSettings::read(file.path()).expect("sound");
        Doors {
            provider: Some(Arc::new(Provider::new(settings))),
            ..Doors::default()
        }
    }

    fn say(&self, claims: Json) {
        *self.says.lock().expect("sound") = claims;
    }

    /// A person looks at the page they are sent to and agrees; the query they come back with.
    fn agree(&self, address: &str) -> String {
        let (page, query) = address.split_once('?').expect("a query");
        assert_eq!(page, format!("{}/authorize", self.issuer));
        let asked: HashMap<String, String> = serde_urlencoded::from_str(query).expect("a query");
        for (name, value) in [
            ("response_type", "code"),
            ("client_id", "suitu"),
            ("redirect_uri", RETURN),
            ("scope", "openid profile"),
            ("code_challenge_method", "S256"),
        ] {
            assert_eq!(asked[name], value, "{name}");
        }
        let mut codes = self.codes.lock().expect("sound");
        let code = format!("code{}", codes.len());
        let known = (asked["code_challenge"].clone(), asked["nonce"].clone());
        codes.insert(code.clone(), known);
        format!("state={}&code={code}", asked["state"])
    }
}

async fn described(State(identities): State<Identities>) -> Answered<Json> {
    let issuer = &identities.issuer;
    Answered(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
    }))
}

async fn keys() -> Answered<Json> {
    Answered(json!({ "keys": [
        { "kty": "EC", "crv": "P-256", "kid": "one", "use": "sig", "alg": "ES256", "x": X, "y": Y },
    ]}))
}

async fn exchanged(
    State(identities): State<Identities>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let shown = format!("Basic {}", BASE64_STANDARD.encode("suitu:s%3Acret"));
    let is_client = headers
        .get("authorization")
        .is_some_and(|value| *value == shown);
    let known = identities
        .codes
        .lock()
        .expect("sound")
        .remove(&form["code"]);
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
    let Some((_, nonce)) = known.filter(|(known, _)| is_client && *known == challenge) else {
        return (StatusCode::BAD_REQUEST, "{\"error\": \"invalid_grant\"}").into_response();
    };
    assert_eq!(form["redirect_uri"], RETURN);
    let now = clock::unix_seconds();
    let mut claims = json!({
        "iss": identities.issuer, "aud": "suitu", "sub": "person-1", "nonce": nonce,
        "iat": now, "exp": now + 300, "preferred_username": "liwen",
    });
    let says = identities.says.lock().expect("sound").clone();
    for (name, value) in says.as_object().expect("claims") {
        claims[name] = value.clone();
    }
    let sign = *identities.signs.lock().expect("sound");
    Answered(json!({ "token_type": "Bearer", "access_token": "x", "id_token": sign(&claims) }))
        .into_response()
}

fn signed(claims: &Json) -> String {
    let key = EncodingKey::from_ec_der(&BASE64_STANDARD.decode(KEY).expect("base64"));
    let header = Header {
        kid: Some("one".into()),
        ..Header::new(Algorithm::ES256)
    };
    jsonwebtoken::encode(&header, claims, &key).expect("signed")
}

/// By what is known to everybody: the public key, taken for a secret.
fn signed_by_what_all_know(claims: &Json) -> String {
    let header = Header {
        kid: Some("one".into()),
        ..Header::new(Algorithm::HS256)
    };
    let key = EncodingKey::from_secret(X.as_bytes());
    jsonwebtoken::encode(&header, claims, &key).expect("signed")
}

fn unsigned(claims: &Json) -> String {
    let part = |text: String| BASE64_URL_SAFE_NO_PAD.encode(text);
    let header = part("{\"alg\":\"none\",\"kid\":\"one\"}".into());
    format!("{header}.{}.", part(claims.to_string()))
}

fn changed_behind_the_signature(claims: &Json) -> String {
    let token = signed(claims);
    let [header, _, signature] =
        <[&str; 3]>::try_from(token.split('.').collect::<Vec<_>>()).expect("three parts");
    let mut other = claims.clone();
    other["sub"] = "person-9".into();
    let body = BASE64_URL_SAFE_NO_PAD.encode(other.to_string());
    format!("{header}.{body}.{signature}")
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers[name].to_str().expect("text")
}

fn cookies(answer: &Answer) -> Vec<&str> {
    let all = answer.headers.get_all("set-cookie").iter();
    all.map(|set| set.to_str().expect("text")).collect()
}

/// Leaves for the provider; where to, and the cookie that was given along.
async fn leave(guarded: &Guarded) -> (String, String) {
    let left = guarded.get("/api/session/provider", "").await;
    assert_eq!(left.status, StatusCode::SEE_OTHER);
    assert_eq!(header(&left, "cache-control"), "no-store");
    let set = cookies(&left)[0].to_owned();
    assert!(
        set.contains("; HttpOnly; SameSite=Lax; Max-Age=600"),
        "{set}"
    );
    let pair = set.split(';').next().expect("a pair").to_owned();
    (header(&left, "location").to_owned(), pair)
}

async fn come_back(guarded: &Guarded, query: &str, cookie: &str) -> Answer {
    let path = format!("/api/session/provider/return?{query}");
    let back = guarded.get(&path, cookie).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER);
    back
}

/// There and back; where the person lands.
async fn sign_in(guarded: &Guarded, identities: &Identities) -> Answer {
    let (address, cookie) = leave(guarded).await;
    come_back(guarded, &identities.agree(&address), &cookie).await
}

async fn refusal(guarded: &Guarded, identities: &Identities) -> String {
    let back = sign_in(guarded, identities).await;
    let is_session = |set: &&str| set.starts_with("suitu_session=");
    assert!(!cookies(&back).iter().any(is_session));
    header(&back, "location").to_owned()
}

const NO_ACCOUNT: &str = "/#refused=provider_no_account";
const NOT_BELIEVED: &str = "/#refused=provider_not_believed";
const NOT_BEGUN: &str = "/#refused=provider_not_begun";

#[tokio::test]
async fn whom_the_provider_vouches_for_works_in_the_account_of_that_name() {
    let identities = Identities::start().await;
    let app = App::new();
    let guarded = app.guarded_by(identities.doors());
    let nobody = guarded.get("/api/session", "").await.json();
    assert_eq!(nobody["provider"], "政务账户");
    assert_eq!(refusal(&guarded, &identities).await, NO_ACCOUNT);

    let user = guarded.user("liwen", roles(&[Role::Planner]));
    let back = sign_in(&guarded, &identities).await;
    assert_eq!(header(&back, "location"), "/");
    let session = cookies(&back)[0].split(';').next().expect("a pair");
    assert!(session.starts_with("suitu_session="));
    assert!(cookies(&back)[1].starts_with("suitu_provider=;"));
    let told = guarded.get("/api/session", session).await.json();
    assert_eq!(
        (&told["user"], &told["by_provider"]),
        (&json!("liwen"), &json!(true))
    );
    assert_eq!(told["pending"], Json::Null);
    assert_eq!(
        guarded.get("/api/city", session).await.status,
        StatusCode::OK
    );

    // The person is known from then on, whatever the provider calls them; nobody else is.
    identities.say(json!({ "preferred_username": "other" }));
    assert_eq!(
        header(&sign_in(&guarded, &identities).await, "location"),
        "/"
    );
    identities.say(json!({ "sub": "person-2" }));
    assert_eq!(refusal(&guarded, &identities).await, NO_ACCOUNT);

    // Locked is locked; a reset account is free for whoever bears the name.
    let accounts = &guarded.accounts;
    accounts.disable_user(&user, true).expect("locked");
    identities.say(json!({}));
    assert_eq!(refusal(&guarded, &identities).await, NO_ACCOUNT);
    assert_eq!(
        guarded.get("/api/city", session).await.status,
        StatusCode::UNAUTHORIZED
    );
    accounts.disable_user(&user, false).expect("open");
    accounts
        .reset_user(&user, clock::unix_seconds())
        .expect("reset");
    identities.say(json!({ "sub": "person-2" }));
    assert_eq!(
        header(&sign_in(&guarded, &identities).await, "location"),
        "/"
    );

    let chain = Chain::open(accounts.record()).expect("the record");
    let rows = chain.search(&Search::default()).expect("readable");
    let returns = rows
        .iter()
        .filter(|row| row.act.ends_with("/provider/return"));
    let subjects: Vec<_> = returns.map(|row| row.subject.as_str()).collect();
    assert!(subjects.contains(&"liwen"), "{subjects:?}");
    assert!(subjects.contains(&"provider_no_account"), "{subjects:?}");
}

#[tokio::test]
async fn accounts_with_a_password_and_administrators_sign_in_here() {
    let identities = Identities::start().await;
    let app = App::new();
    let guarded = app.guarded_by(identities.doors());
    let accounts = &guarded.accounts;
    let now = clock::unix_seconds();
    let user = guarded.user("liwen", roles(&[Role::Security]));
    assert_eq!(refusal(&guarded, &identities).await, NO_ACCOUNT);
    let grants = roles(&[Role::Viewer]);
    accounts
        .set_grants(&user, &grants, "test", now)
        .expect("granted");
    let invitation = accounts.reset_user(&user, now).expect("reset").secret;
    accounts
        .accept_invitation(&invitation, "Lychee-Bay-7", now)
        .expect("set");
    assert_eq!(refusal(&guarded, &identities).await, NO_ACCOUNT);

    // Once bound there is no way in by the invitation, and none to administration.
    let invitation = accounts.reset_user(&user, now).expect("reset").secret;
    assert_eq!(
        header(&sign_in(&guarded, &identities).await, "location"),
        "/"
    );
    let used = accounts.accept_invitation(&invitation, "Lychee-Bay-8", now);
    assert!(used.is_err());
    let grants = roles(&[Role::System]);
    assert!(accounts.set_grants(&user, &grants, "test", now).is_err());
}

#[tokio::test]
async fn nobody_comes_back_who_did_not_leave_from_here() {
    let identities = Identities::start().await;
    let app = App::new();
    let guarded = app.guarded_by(identities.doors());
    guarded.user("liwen", Grants::none());
    let (address, cookie) = leave(&guarded).await;
    let (_, others) = leave(&guarded).await;
    let query = identities.agree(&address);
    // In another browser, or in none: as when a link is sent to somebody.
    for stranger in ["", &others, "suitu_provider="] {
        let back = come_back(&guarded, &query, stranger).await;
        assert_eq!(header(&back, "location"), NOT_BEGUN, "{stranger}");
    }
    let forged = query.replacen("state=", "state=0", 1);
    let back = come_back(&guarded, &forged, &cookie).await;
    assert_eq!(header(&back, "location"), NOT_BEGUN);
    let back = come_back(&guarded, &query, &cookie).await;
    assert_eq!(header(&back, "location"), "/");
    // Once.
    let back = come_back(&guarded, &query, &cookie).await;
    assert_eq!(header(&back, "location"), NOT_BEGUN);
    let back = come_back(&guarded, "error=access_denied", &cookie).await;
    assert_eq!(header(&back, "location"), NOT_BELIEVED);
    let (address, cookie) = leave(&guarded).await;
    let query = identities.agree(&address).replace("code=", "code=x");
    let back = come_back(&guarded, &query, &cookie).await;
    assert_eq!(header(&back, "location"), NOT_BELIEVED);
}

#[tokio::test]
async fn tokens_that_are_not_of_the_provider_for_this_client_and_now_are_not_believed() {
    let identities = Identities::start().await;
    let app = App::new();
    let guarded = app.guarded_by(identities.doors());
    guarded.user("liwen", Grants::none());
    let now = clock::unix_seconds();
    for wrong in [
        json!({ "nonce": "another" }),
        json!({ "iss": "https://other.example" }),
        json!({ "aud": "another" }),
        json!({ "aud": ["suitu", "another"] }),
        json!({ "aud": ["suitu", "another"], "azp": "another" }),
        json!({ "exp": now - 120 }),
        json!({ "iat": now + 600 }),
        json!({ "sub": "" }),
        json!({ "preferred_username": "" }),
        json!({ "preferred_username": 7 }),
    ] {
        identities.say(wrong.clone());
        assert_eq!(
            refusal(&guarded, &identities).await,
            NOT_BELIEVED,
            "{wrong}"
        );
    }
    identities.say(json!({}));
    for forged in [
        signed_by_what_all_know as Signing,
        unsigned,
        changed_behind_the_signature,
        |_| "no token".into(),
    ] {
        *identities.signs.lock().expect("sound") = forged;
        assert_eq!(refusal(&guarded, &identities).await, NOT_BELIEVED);
    }
    *identities.signs.lock().expect("sound") = signed;
    identities.say(json!({ "aud": ["suitu", "another"], "azp": "suitu" }));
    assert_eq!(
        header(&sign_in(&guarded, &identities).await, "location"),
        "/"
    );
}

#[tokio::test]
async fn a_provider_that_is_not_there_is_told() {
    let app = App::new();
    assert_eq!(
        app.guarded().get("/api/session/provider", "").await.status,
        StatusCode::CONFLICT
    );
    let mut identities = Identities::start().await;
    identities.issuer = "http://127.0.0.1:9".into();
    let guarded = app.guarded_by(identities.doors());
    let left = guarded.get("/api/session/provider", "").await;
    assert_eq!(header(&left, "location"), "/#refused=provider_unreachable");
}
