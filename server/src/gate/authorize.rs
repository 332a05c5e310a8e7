//! `/authorize`: forward authentication. A proxy in front of the agency's own servers asks here whether a call may go
//! on: nginx (`auth_request`), Traefik (`ForwardAuth`), Caddy (`forward_auth`), Envoy (`ext_authz` over HTTP).
//!
//! The call's method and address come in `X-Original-Method` and `X-Original-URI` (or `X-Original-URL`), in
//! `X-Forwarded-Method` and `X-Forwarded-Uri`, or, as Envoy does it, as the method and the rest of the path of the
//! question itself. The answer is 200 with what the other server may want to know, or 401, 403 or 429 for the client.

use axum::{
    body::Body,
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use domain::scope::Scope;
use http::{HeaderName, HeaderValue, StatusCode, request::Parts};

use super::{
    admission::{Admitted, Gate},
    answer::Format,
    envelope::GateError,
    query::Query,
    target::Target,
};

/// Answers whether the call may go on.
pub async fn authorize(State(gate): State<Gate>, request: Request) -> Response {
    let format = Format::accepted(request.headers());
    let head = request.into_parts().0;
    let caller = match gate.identify(&head).await {
        Ok(caller) => caller,
        Err(error) => return refused(error, format),
    };
    let (target, query) = match Original::of(&head) {
        Some(Original { method, address }) => {
            let (path, query) = address.split_once('?').unwrap_or((&address, ""));
            (Target::read(&method, path), Query::read(query))
        }
        None => (Err(unnamed()), Query::default()),
    };
    let pass = async |admitted| Ok(passed(&gate, &admitted));
    gate.answer(caller, target, (&head, &query), pass, |error| refused(error, format)).await
}

fn unnamed() -> GateError {
    let message = "the proxy has to send the address of the call in this header, its method in X-Original-Method, and no \
                   other address or method in any header that is read here";
    GateError::invalid("X-Original-URI", message)
}

/// Proxies hand 401, 403 and 429 on to the client, and take others for a fault of ours.
fn refused(error: GateError, format: Format) -> Response {
    let known = matches!(error.status().as_u16(), 401 | 403 | 429 | 500..);
    let mut response = error.into_response(format);
    if !known {
        *response.status_mut() = StatusCode::FORBIDDEN;
    }
    response
}

fn passed(gate: &Gate, admitted: &Admitted) -> Response {
    let caller = &admitted.caller;
    let scopes = caller.scopes.iter().map(Scope::id).collect::<Vec<_>>().join(" ");
    let mut response = StatusCode::OK.into_response();
    *response.body_mut() = Body::empty();
    let headers = response.headers_mut();
    for (name, value) in [
        ("x-account-sid", caller.sid.to_string()),
        ("x-token-id", caller.token.0.to_string()),
        ("x-token-scopes", scopes),
        ("x-api-version", admitted.version.to_string()),
    ] {
        headers.extend(HeaderValue::try_from(value).ok().map(|value| (HeaderName::from_static(name), value)));
    }
    gate.lifecycle.announce(admitted.version, headers);
    response
}

/// The call that the proxy asks about.
#[derive(Debug, PartialEq, Eq)]
struct Original {
    method: String,
    /// Path and query, encoded as they came.
    address: String,
}

impl Original {
    /// Nothing where the proxy does not name it in full, or where it is named in two ways: each proxy sets some of these
    /// headers, and hands on the others as its client sent them.
    fn of(request: &Parts) -> Option<Self> {
        let named = |names: &[&str]| -> Option<Vec<String>> {
            names.iter().flat_map(|name| request.headers.get_all(*name)).map(text).collect()
        };
        let mut addresses = named(&["x-original-uri", "x-original-url", "x-forwarded-uri"])?;
        let mut methods = named(&["x-original-method", "x-forwarded-method"])?;
        let whole = request.uri.path_and_query()?.as_str();
        if let Some(below) = whole.strip_prefix("/authorize").filter(|rest| rest.starts_with('/')) {
            addresses.push(below.to_owned());
            methods.push(request.method.to_string());
        }
        let addresses = addresses.into_iter().map(path_and_query).collect();
        Some(Self { method: only(methods)?, address: only(addresses)? })
    }
}

fn text(value: &HeaderValue) -> Option<String> {
    value.to_str().ok().map(str::to_owned)
}

/// What all of them say.
fn only(mut values: Vec<String>) -> Option<String> {
    values.dedup();
    if values.len() == 1 { values.pop() } else { None }
}

/// Of a whole URL, the path and what follows.
fn path_and_query(address: String) -> String {
    match address.split_once("://").map(|(_, rest)| rest.find('/').map_or("/", |slash| &rest[slash..])) {
        Some(path) if !address.starts_with('/') => path.to_owned(),
        _ => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn original(method: &str, uri: &str, headers: &[(&str, &str)]) -> Option<(String, String)> {
        let mut request = http::Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Original::of(&request.body(()).unwrap().into_parts().0).map(|original| (original.method, original.address))
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
    fn what_a_client_adds_to_what_its_proxy_says_makes_no_other_call_of_it() {
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
