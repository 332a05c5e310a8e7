//! `/authorize`: forward authentication. A proxy in front of the agency's own servers asks here whether a call may go
//! on: nginx (`auth_request`), Traefik (`ForwardAuth`), Caddy (`forward_auth`), Envoy (`ext_authz` over HTTP).
//!
//! The call's method and address come in `X-Original-Method` and `X-Original-URI` (or `X-Original-URL`), in
//! `X-Forwarded-Method` and `X-Forwarded-Uri`, or, with Envoy, as the method and the rest of the path of the request
//! itself. The answer is 200 with headers for the other server, or 401, 403, 429 or 503 for the client.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    response::Response,
};
use domain::tokens::scope::Scope;
use http::{HeaderName, HeaderValue, StatusCode, header, request::Parts};
use uuid::Uuid;

use super::{
    admission::{Admitted, Gate, ParsedCall, address},
    answer::{NO_STORE, format::Format},
    error::GateError,
    query::Query,
    recording,
    target::{Target, effective_method},
    version,
};

const ACCOUNT_SID: HeaderName = HeaderName::from_static("x-account-sid");
const TOKEN_ID: HeaderName = HeaderName::from_static("x-token-id");
const TOKEN_SCOPES: HeaderName = HeaderName::from_static("x-token-scopes");
const API_VERSION: HeaderName = HeaderName::from_static("x-api-version");

/// Answers whether the call may go on.
pub async fn authorize(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let head = request.into_parts().0;
    let address = address(&head);
    let original = Original::of(&head);
    let refuse = |error| {
        let path = original.as_ref().map_or("", |original| original.split().0);
        refused(error, gate.format.of(&head.headers, path))
    };
    let caller = match gate.identify(&head.headers, address).await {
        Ok(caller) => caller,
        Err(error) => return refuse(error),
    };
    let (target, query) = match &original {
        Some(original) => {
            let (path, query) = original.split();
            let mut query = Query::read(query);
            // The call's form is not visible here: a server that honours a `_method` in it has to check that itself.
            let method = effective_method(original.method, &mut query, None);
            (method.and_then(|method| Target::read(method, path)), query)
        }
        None => (Err(unnamed()), Query::default()),
    };
    let version = version::requested(&head.headers, &query, caller.api_version);
    let announced = version.as_ref().ok().copied();
    let asked = ParsedCall { body: Ok(()), target, version, address, client: recording::client(&head.headers) };
    let mut response = gate.answer(caller, asked, async |admitted| Ok(passed(&admitted)), refuse).await;
    gate.lifecycle.announce(announced, response.headers_mut());
    response
}

fn unnamed() -> GateError {
    let message = "the proxy must send the call's address in this header and its method in X-Original-Method, and no other \
                   address or method in any of the headers read here";
    GateError::invalid("X-Original-URI", message)
}

/// Returns the refusal. Proxies pass 401, 403, 429 and 503 on to the client, and treat others as a fault of ours.
fn refused(error: GateError, format: Format) -> Response {
    let known = matches!(error.status().as_u16(), 401 | 403 | 429 | 500..);
    let mut response = error.into_response(format);
    response.headers_mut().insert(header::CACHE_CONTROL, NO_STORE);
    if !known {
        *response.status_mut() = StatusCode::FORBIDDEN;
    }
    response
}

fn passed(admitted: &Admitted) -> Response {
    let caller = &admitted.caller;
    let scopes = caller.scopes.iter().map(Scope::id).collect::<Vec<_>>().join(" ");
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, NO_STORE);
    headers.insert(API_VERSION, u16::from(admitted.version).into());
    let id = &mut Uuid::encode_buffer();
    for (name, value) in [
        (ACCOUNT_SID, HeaderValue::from_str(caller.sid.as_str())),
        (TOKEN_ID, HeaderValue::from_str(caller.token.0.hyphenated().encode_lower(id))),
        (TOKEN_SCOPES, HeaderValue::try_from(scopes)),
    ] {
        // All of them are ASCII, and so are valid header values.
        if let Ok(value) = value {
            headers.insert(name, value);
        }
    }
    response
}

/// The call that the proxy asks about.
#[derive(Debug, PartialEq, Eq)]
struct Original<'r> {
    method: &'r str,
    /// Path and query, encoded as they came.
    address: &'r str,
}

impl<'r> Original<'r> {
    /// Returns path and query.
    fn split(&self) -> (&'r str, &'r str) {
        self.address.split_once('?').unwrap_or((self.address, ""))
    }

    /// Returns the call, or `None` if the proxy does not name it in full or if headers contradict each other: each
    /// proxy sets some of these headers, and passes on the others as its client sent them.
    fn of(request: &'r Parts) -> Option<Self> {
        let whole = request.uri.path_and_query()?.as_str();
        let below = whole.strip_prefix("/authorize").filter(|rest| rest.starts_with('/'));
        let mut method = below.map(|_| request.method.as_str());
        let mut address = below;
        for (name, value) in &request.headers {
            let (known, said) = match name.as_str() {
                "x-original-method" | "x-forwarded-method" => (&mut method, value.to_str().ok()?),
                "x-original-uri" | "x-original-url" | "x-forwarded-uri" => {
                    (&mut address, path_and_query(value.to_str().ok()?))
                }
                _ => continue,
            };
            if *known.get_or_insert(said) != said {
                return None;
            }
        }
        Some(Self { method: method?, address: address? })
    }
}

/// Returns the path and what follows it, if the address is a whole URL.
fn path_and_query(address: &str) -> &str {
    let host_on = if address.starts_with('/') { None } else { address.split_once("://") };
    host_on.map_or(address, |(_, host_on)| host_on.find('/').map_or("/", |slash| &host_on[slash..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn original(method: &str, uri: &str, headers: &[(&str, &str)]) -> Option<(String, String)> {
        let mut request = http::Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(()).unwrap().into_parts().0;
        Original::of(&request).map(|original| (original.method.to_owned(), original.address.to_owned()))
    }

    #[test]
    fn each_proxy_has_its_own_way_to_name_the_call() {
        let call = Some(("PUT".to_owned(), "/Agencies/IR1/Jobs?a=b".to_owned()));
        let nginx = [("x-original-method", "PUT"), ("x-original-uri", "/Agencies/IR1/Jobs?a=b")];
        assert_eq!(original("GET", "/authorize", &nginx), call);
        let ingress = [("x-original-method", "PUT"), ("x-original-url", "https://api.example/Agencies/IR1/Jobs?a=b")];
        assert_eq!(original("GET", "/authorize", &ingress), call);
        let traefik = [("x-forwarded-method", "PUT"), ("x-forwarded-uri", "/Agencies/IR1/Jobs?a=b")];
        assert_eq!(original("GET", "/authorize", &traefik), call);
        assert_eq!(original("PUT", "/authorize/Agencies/IR1/Jobs?a=b", &[]), call);
    }

    #[test]
    fn without_address_and_method_there_is_no_call() {
        assert_eq!(original("GET", "/authorize", &[]), None);
        assert_eq!(original("GET", "/authorize", &[("x-original-uri", "/a")]), None);
        assert_eq!(original("GET", "/authorize", &[("x-original-method", "GET")]), None);
    }

    #[test]
    fn contradicting_headers_of_a_client_name_no_call() {
        let traefik = [("x-forwarded-method", "PUT"), ("x-forwarded-uri", "/Agencies/IR1/Jobs")];
        for added in [
            ("x-original-uri", "/Agencies/IR1/Reports"),
            ("x-original-url", "https://api.example/Agencies/IR1/Reports"),
            ("x-forwarded-uri", "/Agencies/IR1/Reports"),
            ("x-original-method", "GET"),
            ("x-forwarded-method", "GET"),
        ] {
            assert_eq!(original("GET", "/authorize", &[&traefik[..], &[added]].concat()), None, "{added:?}");
            assert_eq!(original("PUT", "/authorize/Agencies/IR1/Jobs", &[added]), None, "{added:?}");
        }
        let again = [&traefik[..], &[("x-original-uri", "/Agencies/IR1/Jobs"), ("x-original-method", "PUT")]].concat();
        assert!(original("GET", "/authorize", &again).is_some());
    }
}
