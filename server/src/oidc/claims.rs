//! The claims of a provider about a person, under whatever names the provider uses.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use openidconnect::AdditionalClaims;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::oidc::customs::Customs;

/// Claims by name.
pub type Claims = Map<String, Value>;

/// The claims that the standard does not name.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OtherClaims(Claims);

impl AdditionalClaims for OtherClaims {}

/// Returns all claims of an ID token whose signature has been verified.
pub fn of_token(token: &str) -> Option<Claims> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&payload).ok()
}

/// The claims of one source about a person's e-mail address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The address.
    pub email: Option<String>,
    /// Whether the provider says that the address is the person's own.
    pub verified: Option<bool>,
    /// The person's name.
    pub name: Option<String>,
}

impl Said {
    /// Reads these claims, by the provider's names for them.
    pub fn of(claims: &Claims, customs: &Customs) -> Self {
        let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
        let verified = claims.get(&customs.verified_claim).filter(|claim| !claim.is_null()).map(is_true);
        Self { email: text(&customs.email_claim), verified, name: text("name") }
    }

    /// Returns whether address and verification are both given.
    pub fn is_complete(&self) -> bool {
        self.email.is_some() && self.verified.is_some()
    }

    /// Fills gaps from another source. The verification of an address counts for that address only.
    pub fn or(self, other: Self) -> Self {
        let name = self.name.or(other.name);
        match (&self.email, &other.email) {
            (Some(this), Some(that)) if this != that => Self { name, ..other },
            _ => Self { email: self.email.or(other.email), verified: self.verified.or(other.verified), name },
        }
    }
}

/// Returns whether a claim is true. Not every provider writes a boolean as one.
fn is_true(claim: &Value) -> bool {
    match claim {
        Value::Bool(is) => *is,
        Value::Number(number) => number.as_i64() == Some(1),
        Value::String(text) => text == "1" || text.eq_ignore_ascii_case("true"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn customs(verified_claim: &str) -> Customs {
        Customs {
            client_auth: None,
            email_claim: "email".to_owned(),
            verified_claim: verified_claim.to_owned(),
            trust_email: false,
        }
    }

    fn said(claims: Value) -> Said {
        Said::of(claims.as_object().unwrap(), &customs("email_verified"))
    }

    #[test]
    fn verification_is_yes_in_every_way_of_writing_it() {
        for (claim, yes) in [
            (json!(true), true),
            (json!("true"), true),
            (json!("True"), true),
            (json!("1"), true),
            (json!(1), true),
            (json!(false), false),
            (json!("false"), false),
            (json!("no"), false),
            (json!(0), false),
            (json!([]), false),
        ] {
            let claims = json!({ "email": "a@b.example", "xms_edov": claim });
            assert_eq!(Said::of(claims.as_object().unwrap(), &customs("xms_edov")).verified, Some(yes), "{claims}");
        }
        assert_eq!(said(json!({ "email": "a@b.example", "email_verified": null })).verified, None);
    }

    #[test]
    fn verification_of_another_address_counts_for_that_one_only() {
        let typed = said(json!({ "email": "victim@b.example" }));
        let own = said(json!({ "email": "own@b.example", "email_verified": true }));
        let both = typed.clone().or(own.clone());
        assert_eq!((both.email.as_deref(), both.verified), (Some("own@b.example"), Some(true)));
        let both = own.or(typed.clone());
        assert_eq!((both.email.as_deref(), both.verified), (Some("victim@b.example"), None));
        let both = typed.or(said(json!({ "email_verified": true })));
        assert_eq!((both.email.as_deref(), both.verified), (Some("victim@b.example"), Some(true)));
    }
}
