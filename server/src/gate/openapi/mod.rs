//! `GET /openapi.json`: the gate's operations as an `OpenAPI` 3.1 document, generated from the scope catalogue and the
//! operations' own documentation.

pub mod documentation;
pub mod patterns;
pub mod schemas;

use std::sync::LazyLock;

use axum::response::IntoResponse;
use domain::{
    gate::api_version::ApiVersion,
    tokens::scope::{Category, Scope},
};
use http::header;
use serde_json::{Map, Value, json};
use utoipa::{PartialSchema as _, ToSchema as _, openapi::Ref};

use self::documentation::{Documentation, both};
use super::{agency, error::Envelope, operations, parameters::Parameter, version};

/// The document's description of what all operations have in common.
const DESCRIPTION: &str = "Call with HTTP Basic: an access token's Account SID as user name, its Auth Token as password. \
    A path may end with `.json` or `.xml`, which names the form of the answer, and with a slash. A `POST` may stand for \
    another method: `_method=PUT` or `_method=DELETE`, in its query or form. `IrVersion` may be spelt `Ir-Version` or \
    `IR-Version`, in any case, as header or parameter; two that differ are refused.";

/// Returns the document. It contains no account's data, so every client may read it.
pub async fn document() -> impl IntoResponse {
    static DOCUMENT: LazyLock<String> = LazyLock::new(|| of_catalogue().to_string());
    let headers = [(header::CACHE_CONTROL, "public, max-age=3600"), (header::CONTENT_TYPE, "application/json")];
    (headers, DOCUMENT.as_str())
}

fn of_catalogue() -> Value {
    let (mut paths, mut schemas) = (Map::new(), Map::new());
    schemas.insert(Envelope::name().into_owned(), json!(Envelope::schema()));
    let mut add = |path: String, method: &str, id, described: Value| {
        let documentation = operations::documentation(id);
        let parts = documentation.iter().flat_map(|documentation| &documentation.schemas);
        schemas.extend(parts.map(|(name, schema)| (name.clone(), json!(schema))));
        let path = paths.entry(path).or_insert_with(|| json!({}));
        path[method] = with_parts(described, documentation);
    };
    add("/Agencies/{AccountSID}".to_owned(), "get", agency::ID, described_agency());
    for scope in Scope::all() {
        let operation = scope.operation();
        let path = format!("/Agencies/{{AccountSID}}{}", operation.path);
        add(path, &operation.method.as_str().to_ascii_lowercase(), operation.id, described(scope));
    }
    let tags: Vec<_> = Category::ALL.iter().map(|category| json!({ "name": category.name().en })).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Platform REST Web Services",
            "version": ApiVersion::NEWEST.to_string(),
            "description": DESCRIPTION,
        },
        "servers": [{ "url": "/" }],
        "security": [{ "accessToken": [] }],
        "tags": tags,
        "paths": paths,
        "components": {
            "securitySchemes": { "accessToken": { "type": "http", "scheme": "basic" } },
            "schemas": schemas,
            "headers": headers(),
        },
    })
}

/// Returns the headers of answers, by their names.
fn headers() -> Value {
    let number = |text: &str| json!({ "description": text, "schema": { "type": "integer", "minimum": 0 } });
    let text = |text: &str| json!({ "description": text, "schema": { "type": "string" } });
    json!({
        "X-RateLimit-Limit": number("The number of calls the account can make in an hour, or of exports in a day."),
        "X-RateLimit-Remaining": number("The number of them left. Failed calls count too."),
        "X-RateLimit-Reset": number("Seconds until all are available again; if none is left, until the next one is."),
        "Retry-After": number("Seconds to wait before calling again."),
        "Deprecation": text("If the answer's API version is deprecated, the date since which it is (RFC 9745)."),
        "Sunset": text("If the answer's API version will be retired, the date on which it will be (RFC 8594)."),
        "Link": text("The list's next page, if there is one (RFC 8288)."),
        "X-Page-Size": number("The number of items on a page of a list."),
        "X-Token-Expires": text("When the call's Auth Token expires, if it does."),
    })
}

/// Returns the headers of an answer with this status. If the caller is unknown, there are none of their account's
/// limits and their API version.
fn headers_of(status: &str) -> Vec<&'static str> {
    let known =
        ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Deprecation", "Sunset", "X-Token-Expires"];
    let known = known.into_iter();
    match status {
        "200" => known.chain(["Link", "X-Page-Size"]).collect(),
        "401" => vec!["X-Token-Expires"],
        "429" => known.chain(["Retry-After"]).collect(),
        "503" => vec!["Retry-After"],
        _ => known.collect(),
    }
}

/// Describes `GET /Agencies/{AccountSID}`, which is no operation of the catalogue: it needs no scope.
fn described_agency() -> Value {
    json!({
        "operationId": agency::ID,
        "summary": "Retrieve the agency and the access token of the call",
        "description": "Returns whose credentials these are, what they allow and how many calls are left. Needs no scope.",
        "parameters": common_parameters(),
    })
}

/// Describes an operation by the catalogue.
fn described(scope: Scope) -> Value {
    let operation = scope.operation();
    let mut parameters = common_parameters();
    let names = operation.path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    parameters.extend(names.map(path_parameter));
    json!({
        "operationId": operation.id,
        "summary": operation.name.en,
        "tags": [operation.category.name().en],
        "parameters": parameters,
    })
}

/// Adds the operation's own parameters, body and answers, if it is answered here, and the errors that any call may get.
fn with_parts(mut described: Value, documentation: Option<Documentation>) -> Value {
    let mut responses = errors();
    if let Some(Documentation { parameters, body, responses: own, .. }) = documentation {
        if let Value::Array(all) = &mut described["parameters"] {
            all.extend(parameters.into_iter().map(Parameter::described));
        }
        if let Some(body) = body {
            described["requestBody"] = body;
        }
        responses.extend(own);
    }
    add_headers(&mut responses);
    described["responses"] = responses.into();
    described
}

/// Returns the errors that any call may get, by their status.
fn errors() -> Map<String, Value> {
    let errors = [
        ("400", "The request isn't valid."),
        ("401", "The credentials are missing or wrong, or have expired."),
        (
            "403",
            "The token is disabled, lacks the scope or isn't the one in the path; API access is off; or the address isn't allowed.",
        ),
        ("404", "There's no such resource."),
        ("405", "The resource doesn't support this method."),
        ("408", "The body did not arrive in time."),
        ("409", "The request conflicts with the account's current state, or someone else has just changed it."),
        ("413", "The body is too large."),
        ("415", "The body is compressed or has an unsupported type."),
        ("429", "The account has reached its limit of calls."),
        ("503", "The database isn't responding. A change may have been made: check before you try again."),
    ];
    let envelope = json!(Ref::from_schema_name(Envelope::name()));
    let error = |text| json!({ "description": text, "content": both(&envelope) });
    errors.into_iter().map(|(status, text)| (status.to_owned(), error(text))).collect()
}

fn add_headers(responses: &mut Map<String, Value>) {
    for (status, response) in responses {
        for name in headers_of(status) {
            response["headers"][name] = json!({ "$ref": format!("#/components/headers/{name}") });
        }
    }
}

/// Returns the parameters of every operation: the Account SID and a version. The version's header is described in
/// words, as a schema can't say that it must not differ from the parameter.
fn common_parameters() -> Vec<Value> {
    let version = json!({
        "name": version::PARAMETER,
        "in": "query",
        "description": "The API version of the answer, instead of the token's own. The header `IR-Version` does the same.",
        "schema": { "type": "string", "enum": version::spellings() },
    });
    vec![path_parameter("AccountSID"), version]
}

fn path_parameter(name: &str) -> Value {
    json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_of_the_catalogue_is_in_the_document() {
        let document = of_catalogue();
        for scope in Scope::all() {
            let operation = scope.operation();
            let path = format!("/Agencies/{{AccountSID}}{}", operation.path);
            let described = &document["paths"][path][operation.method.as_str().to_ascii_lowercase()];
            assert_eq!(described["operationId"], scope.id());
        }
    }

    #[test]
    fn answers_to_known_callers_have_described_limit_headers() {
        let document = of_catalogue();
        for scope in Scope::all() {
            for (status, response) in
                with_parts(described(scope), operations::documentation(scope.id()))["responses"].as_object().unwrap()
            {
                let limit = &response["headers"]["X-RateLimit-Remaining"]["$ref"];
                let asked = !matches!(status.as_str(), "401" | "503");
                assert_eq!(limit.is_string(), asked, "{} {status}", scope.id());
                let described = limit.as_str().is_none_or(|limit| document.pointer(&limit[1..]).is_some());
                assert!(described, "{limit}");
            }
        }
    }
}
