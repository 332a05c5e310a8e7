//! `GET /openapi.json`: the gate's operations as an `OpenAPI` 3.1 document, made of the scope catalogue.

use axum::{Json, response::IntoResponse};
use domain::{
    api_version::ApiVersion,
    job::JobStatus,
    scope::{Category, Scope},
};
use http::header;
use serde_json::{Map, Value, json};

use super::{
    answer::{SIZE, SIZE_MAX},
    version,
};

/// The document. It has nothing of any account in it, so anybody may read it.
pub async fn document() -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "public, max-age=3600")], Json(of_catalogue()))
}

fn of_catalogue() -> Value {
    let mut paths = Map::new();
    for scope in Scope::all() {
        let operation = scope.operation();
        let path = paths.entry(format!("/Agencies/{{AccountSID}}{}", operation.path)).or_insert_with(|| json!({}));
        path[operation.method.as_str().to_ascii_lowercase()] = described(scope);
    }
    let tags: Vec<_> = Category::ALL.iter().map(|category| json!({ "name": category.name().en })).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Platform REST Web Services",
            "version": ApiVersion::NEWEST.to_string(),
            "description": "Call with HTTP Basic: an access token's Account SID as user name, its Auth Token as password.",
        },
        "servers": [{ "url": "/" }],
        "security": [{ "accessToken": [] }],
        "tags": tags,
        "paths": paths,
        "components": {
            "securitySchemes": { "accessToken": { "type": "http", "scheme": "basic" } },
            "schemas": schemas(),
            "headers": headers(),
        },
    })
}

/// The headers of answers, by their names.
fn headers() -> Value {
    let number = |text: &str| json!({ "description": text, "schema": { "type": "integer", "minimum": 0 } });
    let text = |text: &str| json!({ "description": text, "schema": { "type": "string" } });
    json!({
        "X-RateLimit-Limit": number("How many calls the account may make: in an hour, or exports in a day."),
        "X-RateLimit-Remaining": number("How many of them are left. Calls that fail count too."),
        "X-RateLimit-Reset": number("Seconds until all have come back; where none is left, until the next one has."),
        "Retry-After": number("Seconds after which to call again."),
        "Deprecation": text("Where the answer's API version is deprecated: since when (RFC 9745)."),
        "Sunset": text("Where the answer's API version goes out of use: when (RFC 8594)."),
        "Link": text("Where a list goes on: its next page (RFC 8288)."),
    })
}

/// The headers of an answer with this status. Where it is not known who calls, nothing is told of their account's limits
/// and their API version.
fn headers_of(status: &str) -> Vec<&'static str> {
    let known =
        ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Deprecation", "Sunset"].into_iter();
    match status {
        "200" => known.chain(["Link"]).collect(),
        "401" => vec![],
        "429" => known.chain(["Retry-After"]).collect(),
        "503" => vec!["Retry-After"],
        _ => known.collect(),
    }
}

fn described(scope: Scope) -> Value {
    let operation = scope.operation();
    let mut parameters = vec![
        path_parameter("AccountSID"),
        json!({ "name": version::PARAMETER, "in": "query", "schema": { "type": "integer", "enum": ApiVersion::ALL } }),
        json!({ "name": "IR-Version", "in": "header", "schema": { "type": "integer", "enum": ApiVersion::ALL } }),
    ];
    let names = operation.path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    parameters.extend(names.map(path_parameter));
    parameters.extend(query_parameters(scope));
    let mut responses = Map::new();
    for (status, text) in [
        ("400", "What was sent is not what the operation takes."),
        ("401", "The credentials are missing or wrong, or have expired."),
        ("403", "The token is disabled, lacks the scope or is another one; API access is off; the address is refused."),
        ("404", "There is no such resource."),
        ("405", "The resource does not take this method."),
        ("408", "The body did not arrive in time."),
        ("409", "Somebody else has changed the resource meanwhile."),
        ("413", "The body is too large."),
        ("429", "No calls are left for now."),
        ("503", "The database does not answer. A change may have been made: look before you try it again."),
    ] {
        responses.insert(status.to_owned(), json!({ "description": text, "content": both(&reference("Error")) }));
    }
    if let Some(schema) = result(scope) {
        let status = if scope.id() == "createAccessToken" { "201" } else { "200" };
        responses.insert(status.to_owned(), json!({ "description": "Done.", "content": both(&schema) }));
    }
    responses.extend(other_responses(scope).into_iter().map(|(status, response)| (status.to_owned(), response)));
    for (status, response) in &mut responses {
        for name in headers_of(status) {
            response["headers"][name] = json!({ "$ref": format!("#/components/headers/{name}") });
        }
    }
    let mut described = json!({
        "operationId": operation.id,
        "summary": operation.name.en,
        "tags": [operation.category.name().en],
        "parameters": parameters,
        "responses": responses,
    });
    if let Some(schema) = input(scope) {
        described["requestBody"] =
            json!({ "required": false, "content": { "application/json": { "schema": schema } } });
    }
    described
}

fn path_parameter(name: &str) -> Value {
    json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
}

/// What the operation asks of the query, besides the version.
fn query_parameters(scope: Scope) -> Vec<Value> {
    let number = |name: &str, schema: Value| json!({ "name": name, "in": "query", "schema": schema });
    let date = |name: &str| number(name, json!({ "type": "string", "format": "date" }));
    match scope.id() {
        "listAccessTokens" => vec![
            number("Page", json!({ "type": "integer", "minimum": 1, "default": 1 })),
            number("PageSize", json!({ "type": "integer", "minimum": 1, "maximum": SIZE_MAX, "default": SIZE })),
            json!({ "name": "Name", "in": "query", "schema": { "type": "string" } }),
            json!({ "name": "State", "in": "query", "schema": { "type": "string", "enum": ["ENABLED", "DISABLED"] } }),
        ],
        "listAdvertisers" => vec![
            number("Page", json!({ "type": "integer", "minimum": 1, "default": 1 })),
            number("PageSize", json!({ "type": "integer", "minimum": 1, "maximum": SIZE_MAX, "default": SIZE })),
        ],
        "runReport" => vec![
            date("START_DATE"),
            date("END_DATE"),
            number("Page", json!({ "type": "integer", "minimum": 1, "default": 1 })),
            number("RQueryIDx", json!({ "type": "integer", "enum": [0], "default": 0 })),
        ],
        "exportReport" => vec![
            date("START_DATE"),
            date("END_DATE"),
            json!({ "name": "ResultFormat", "in": "query",
                "schema": { "type": "string", "enum": ["CSV", "JSON", "XML"], "default": "CSV" } }),
        ],
        "listJobs" => vec![
            date("CreatedAfter"),
            date("CreatedBefore"),
            number("Page", json!({ "type": "integer", "minimum": 1, "default": 1 })),
            number("PageSize", json!({ "type": "integer", "minimum": 1, "maximum": SIZE_MAX, "default": SIZE })),
        ],
        "downloadJobResult" => {
            vec![json!({ "name": "Mode", "in": "query", "schema": { "type": "string", "enum": ["Stream"] } })]
        }
        _ => Vec::new(),
    }
}

/// What the operation answers besides its result and errors, or instead of it.
fn other_responses(scope: Scope) -> Vec<(&'static str, Value)> {
    match scope.id() {
        "replayJob" => {
            let refused = "The token may not do it, or the job is not at its end yet.";
            vec![("403", json!({ "description": refused, "content": both(&reference("Error")) }))]
        }
        "downloadJobResult" => {
            let file = json!({ "application/octet-stream": { "schema": { "type": "string", "format": "binary" } } });
            let location = json!({ "Location": { "schema": uri() } });
            vec![
                ("200", json!({ "description": "The file, with `Mode=Stream`.", "content": file })),
                ("202", json!({ "description": "The job is not at its end yet.", "content": both(&reference("Job")) })),
                ("302", json!({ "description": "Where the file is for the next five minutes.", "headers": location })),
            ]
        }
        _ => Vec::new(),
    }
}

/// The same content in both forms. XML is of the same fields; what it looks like in detail, JSON Schema can't say.
fn both(schema: &Value) -> Value {
    json!({ "application/json": { "schema": schema }, "application/xml": {} })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// A page of these: version 3 answers with the items alone, version 2 with the pages' numbers and addresses around them.
fn list(name: &str, item: &Value) -> Value {
    let items = json!({ "type": "array", "items": item });
    let mut page = Map::new();
    for key in [
        "@page",
        "@numpages",
        "@pagesize",
        "@total",
        "@start",
        "@end",
        "@uri",
        "@firstpageuri",
        "@previouspageuri",
        "@nextpageuri",
        "@lastpageuri",
    ] {
        page.insert(key.to_owned(), json!({ "type": "string" }));
    }
    page.insert(name.to_owned(), items.clone());
    json!({ "oneOf": [items, { "type": "object", "properties": page }] })
}

/// What the operation answers; nothing for those that the agency's own servers answer.
fn result(scope: Scope) -> Option<Value> {
    Some(match scope.id() {
        "listAdvertisers" => list("Advertisers", &reference("Advertiser")),
        "getAdvertiser" => reference("Advertiser"),
        "getCompanyInformation" => reference("CompanyInformation"),
        "updateCompanyInformation" | "deleteAccessToken" => reference("Done"),
        "listAccessTokens" => list("AccessTokens", &reference("AccessToken")),
        "createAccessToken" | "resetAccessToken" => reference("IssuedAccessToken"),
        "getAccessToken" | "updateAccessToken" | "enableAccessToken" | "disableAccessToken" => reference("AccessToken"),
        "listAllReports" => list("Reports", &reference("Report")),
        "getReportMetadata" => json!({ "oneOf": [reference("ReportMetadata"), reference("ReportError")] }),
        // A page of version 2 requires no field, so an error is one, too.
        "runReport" => {
            let record = json!({ "type": "object", "additionalProperties": { "type": "string" } });
            json!({ "anyOf": [list("Records", &record), reference("ReportError")] })
        }
        "exportReport" => json!({ "oneOf": [reference("ReportExport"), reference("ReportError")] }),
        "listJobs" => list("Jobs", &reference("Job")),
        "getJob" | "replayJob" => reference("Job"),
        _ => return None,
    })
}

/// What the operation takes in its body.
fn input(scope: Scope) -> Option<Value> {
    match scope.id() {
        "updateCompanyInformation" => Some(reference("CompanyInformationUpdate")),
        "createAccessToken" | "updateAccessToken" => Some(reference("AccessTokenUpdate")),
        _ => None,
    }
}

/// An access token, with or without its secret.
fn access_token(issued: bool) -> Value {
    let text = json!({ "type": "string" });
    let mut properties = json!({
        "Id": { "type": "string", "format": "uuid" },
        "AccountSid": { "type": "string", "pattern": "^IR[0-9A-Za-z]{33}$" },
        "Name": text,
        "Description": text,
        "State": { "type": "string", "enum": ["ENABLED", "DISABLED"] },
        "ApiVersion": { "type": "string", "enum": ApiVersion::ALL.map(|version| version.to_string()) },
        "Scopes": scope_ids(),
        "PrimaryContactId": { "type": "string", "format": "uuid" },
        "Developers": { "type": "array", "items": text },
        "DateCreated": { "type": "string", "format": "date-time" },
        "DateLastUsed": text,
        "DateExpires": {
            "type": "string",
            "description": "When its Auth Token ceases to pass: chosen, or by the account's policy. Empty for never.",
        },
        "Uri": text,
    });
    if issued {
        properties["AuthToken"] = json!({ "type": "string", "pattern": "^kgt_[0-9A-Za-z]{38}$" });
    }
    let required: Vec<_> = properties.as_object().into_iter().flat_map(Map::keys).cloned().collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

fn access_token_update() -> Value {
    json!({ "type": "object", "additionalProperties": false, "properties": {
        "Name": { "type": "string", "minLength": 1, "maxLength": domain::token::NAME_MAX },
        "Description": { "type": "string", "maxLength": domain::token::DESCRIPTION_MAX },
        "ApiVersion": { "type": "string", "enum": ApiVersion::ALL.map(|version| version.to_string()) },
        "PrimaryContactId": { "type": "string", "format": "uuid" },
        "Developers": {
            "type": "array", "maxItems": domain::token::DEVELOPERS_MAX, "items": { "type": "string", "format": "email" } },
        "Scopes": scope_ids(),
        "DateExpires": {
            "type": "string",
            "description": "A time like 2030-01-31T00:00:00Z; empty for never, where the account allows that.",
        },
    } })
}

fn scope_ids() -> Value {
    json!({ "type": "array", "items": { "type": "string", "enum": Scope::all().map(Scope::id).collect::<Vec<_>>() } })
}

fn schemas() -> Value {
    let strings = |names: &[&str]| -> Map<String, Value> {
        names.iter().map(|name| ((*name).to_owned(), json!({ "type": "string" }))).collect()
    };
    let object = |properties: Map<String, Value>| json!({ "type": "object", "properties": properties });
    let address = strings(&["AddressLine1", "AddressLine2", "City", "State", "PostalCode", "Country"]);
    let mut contact = strings(&["UserId", "Name", "Email", "WorkPhoneNumberCountry", "CellPhoneNumberCountry"]);
    let digits = json!({ "type": "string", "pattern": "^[0-9]*$" });
    let one_of = |field: &str| json!({ "type": "string", "enum": domain::profile::choices(field) });
    for name in ["WorkPhoneNumber", "CellPhoneNumber"] {
        contact.insert(name.to_owned(), digits.clone());
    }
    let mut profile = strings(&[
        "CompanyName",
        "Website",
        "PrimaryPhoneNumberCountry",
        "SecondaryPhoneNumberCountry",
        "Timezone",
        "Currency",
        "IndirectTaxNumber",
        "EinSsnForeignTaxId",
    ]);
    for (name, schema) in [
        ("PrimaryPhoneNumber", digits.clone()),
        ("SecondaryPhoneNumber", digits),
        ("MinimumContactRating", one_of("MinimumContactRating")),
        ("RegisteredForIndirectTax", one_of("RegisteredForIndirectTax")),
        ("OrganizationType", one_of("OrganizationType")),
        ("CorporateAddress", reference("Address")),
        ("BillingAddress", reference("Address")),
        ("FinancialContact", reference("Contact")),
        ("TechnicalContact", reference("Contact")),
        ("SecurityContact", reference("Contact")),
        ("CommercialContact", reference("Contact")),
    ] {
        profile.insert(name.to_owned(), schema);
    }
    let update = object(profile.clone());
    profile.insert("Uri".to_owned(), json!({ "type": "string" }));
    let field_error = object(strings(&["Field", "Message"]));
    json!({
        "Address": object(address),
        "Advertiser": advertiser(),
        "AccessToken": access_token(false),
        "IssuedAccessToken": access_token(true),
        "AccessTokenUpdate": access_token_update(),
        "Contact": object(contact),
        "CompanyInformation": object(profile),
        "CompanyInformationUpdate": update,
        "Job": job(),
        "Report": report(),
        "ReportMetadata": report_metadata(),
        "ReportExport": whole(&json!({ "Status": { "const": "QUEUED" }, "QueuedUri": uri(), "ResultUri": uri(),
            "ReplayUri": uri() })),
        "ReportError": whole(&json!({ "Status": { "const": "ERROR" }, "Message": { "type": "string" } })),
        "Done": { "type": "object", "required": ["Status", "Uri"],
            "properties": { "Status": { "const": "OK" }, "Uri": { "type": "string" } } },
        "Error": { "type": "object", "required": ["Status", "Message", "Errors"], "properties": {
            "Status": { "const": "ERROR" }, "Message": { "type": "string" }, "Errors": { "type": "array", "items": field_error } } },
    })
}

/// An object that has all of these properties.
fn whole(properties: &Value) -> Value {
    let required: Vec<_> = properties.as_object().into_iter().flat_map(Map::keys).collect();
    json!({ "type": "object", "properties": properties, "required": required })
}

fn uri() -> Value {
    json!({ "type": "string", "format": "uri-reference" })
}

/// A job, as the published document describes it. Dates that are not there yet are empty, which is no date-time.
fn job() -> Value {
    let text = json!({ "type": "string" });
    whole(&json!({
        "Id": { "type": "string", "format": "uuid" },
        "Type": { "type": "string", "enum": ["ApiReport"] },
        "ProgramId": text,
        "CreatedBy": text,
        "CreatedDate": { "type": "string", "format": "date-time" },
        "StartedDate": text,
        "CompletedDate": text,
        "AbandonedDate": text,
        "CancelledDate": text,
        "FailedDate": text,
        "LastProgressUpdateDate": text,
        "Status": { "type": "string", "enum": JobStatus::ALL.map(JobStatus::as_str) },
        "StatusMessage": text,
        "RecordsProcessed": { "type": "integer", "minimum": 0 },
        "PercentageComplete": { "type": "integer", "minimum": 0, "maximum": 100 },
        "Replayable": { "type": "boolean" },
        "ResultUri": text,
    }))
}

/// A report, as the published document describes it.
fn report() -> Value {
    let text = json!({ "type": "string" });
    whole(&json!({
        "Name": text,
        "Id": text,
        "Category": text,
        "Description": text,
        "ApiAccessible": { "const": true },
        "ApiRunUri": uri(),
        "DeferredApiRunUri": uri(),
        "MetaDataUri": uri(),
    }))
}

/// What a report takes and what it holds, as the published document describes it.
fn report_metadata() -> Value {
    let text = json!({ "type": "string" });
    let items = |item: Value| json!({ "type": "array", "items": whole(&item) });
    whole(&json!({
        "Name": text,
        "Id": text,
        "Description": text,
        "Filters": items(json!({ "Name": text, "DataType": text, "Format": text })),
        "Attributes": items(json!({ "Name": text, "DataType": text, "Description": text })),
        "RunUri": uri(),
        "Uri": uri(),
    }))
}

/// An advertiser, as the published document describes it.
fn advertiser() -> Value {
    let mut fields: Map<String, Value> =
        domain::advertiser::COLUMNS.map(|name| (name.to_owned(), json!({ "type": "string" }))).into_iter().collect();
    for (name, schema) in [
        ("Id", json!({ "type": "string", "pattern": "^[1-9][0-9]*$" })),
        ("State", json!({ "type": "string", "enum": ["ACTIVE", "DELINQUENT"] })),
        ("VatRegistered", json!({ "type": "string", "enum": ["true", "false"] })),
        ("OrganizationType", json!({ "type": "string", "enum": ["CORP", "NONP_GOV", "OTHER"] })),
        ("PhoneNumber", json!({ "type": "string", "pattern": "^[0-9]*$" })),
        (
            "DateCreated",
            json!({ "type": "string", "format": "date-time", "description": "Left out where it is not known." }),
        ),
        ("FinancialSetup", json!({ "type": "string", "enum": ["BILLED_BY_IR"] })),
        ("AgencyOfRecord", json!({ "type": "string", "enum": ["true", "false"] })),
        ("AccountManager", json!({ "type": "string", "description": "Left out where nobody is assigned." })),
        ("TaxId", json!({ "type": "string", "description": "Of the number only the last four characters." })),
        (
            "RestAccountURL",
            json!({ "const": "", "description": "Always empty: Kagitaba keeps no credentials of others." }),
        ),
        ("Uri", json!({ "type": "string" })),
    ] {
        fields.insert(name.to_owned(), schema);
    }
    json!({ "type": "object", "required": ["Id", "Name", "State", "RestAccountURL", "Uri"], "properties": fields })
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
            assert_eq!(described["operationId"], operation.id);
        }
    }

    #[test]
    fn every_answer_of_a_limit_that_was_asked_for_tells_of_it_with_headers_that_are_described() {
        let document = of_catalogue();
        for scope in Scope::all() {
            for (status, response) in described(scope)["responses"].as_object().unwrap() {
                let limit = &response["headers"]["X-RateLimit-Remaining"]["$ref"];
                let asked = !matches!(status.as_str(), "401" | "503");
                assert_eq!(limit.is_string(), asked, "{} {status}", scope.id());
                let described = limit.as_str().is_none_or(|limit| document.pointer(&limit[1..]).is_some());
                assert!(described, "{limit}");
            }
        }
    }
}
