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
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, request::Parts};

use super::{
    admission::{Admitted, Gate},
    answer::Format,
    envelope::GateError,
    query::Query,
    recording::Recording,
    target::Target,
};

/// Answers whether the call may go on.
pub async fn authorize(State(gate): State<Gate>, request: Request) -> Response {
    let format = Format::accepted(request.headers());
    match answered(&gate, &request.into_parts().0, format).await {
        Ok(response) => response,
        Err(error) => refused(error, format),
    }
}

async fn answered(gate: &Gate, request: &Parts, format: Format) -> Result<Response, GateError> {
    let caller = gate.identify(&request.headers).await?;
    let call = Original::of(request).ok_or_else(|| {
        let message =
            "the proxy has to send the address of the call in this header, and its method in X-Original-Method";
        GateError::invalid("X-Original-URI", message)
    })?;
    let (path, query) = call.address.split_once('?').unwrap_or((&call.address, ""));
    let target = Target::read(&call.method, path)?;
    let recording = Recording::begin(gate, &caller, target.scope, request);
    let response = match gate.admit(caller, target, &Query::read(query), &request.headers) {
        Ok(admitted) => passed(gate, &admitted),
        Err(error) => refused(error, format),
    };
    recording.end(response.status());
    Ok(response)
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
    admitted.left.announce(false, headers);
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
    fn of(request: &Parts) -> Option<Self> {
        let header = |name: &str| text(&request.headers, name);
        let below =
            request.uri.path_and_query()?.as_str().strip_prefix("/authorize").filter(|rest| rest.starts_with('/'));
        let address = ["x-original-uri", "x-original-url", "x-forwarded-uri"].into_iter().find_map(header);
        let method = ["x-original-method", "x-forwarded-method"].into_iter().find_map(header);
        let address = address.map(path_and_query).or(below.map(str::to_owned))?;
        Some(Self { method: method.unwrap_or_else(|| request.method.to_string()), address })
    }
}

/// Of a whole URL, the path and what follows.
fn path_and_query(address: String) -> String {
    match address.split_once("://").map(|(_, rest)| rest.find('/').map_or("/", |slash| &rest[slash..])) {
        Some(path) if !address.starts_with('/') => path.to_owned(),
        _ => address,
    }
}

/// A header that came once, as text.
fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then(|| value.to_owned())
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
    fn without_an_address_there_is_no_call() {
        assert_eq!(original("GET", "/authorize", &[]), None);
        assert_eq!(original("GET", "/authorize", &[("x-original-uri", "/a"), ("x-original-uri", "/b")]), None);
    }
}
