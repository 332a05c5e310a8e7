//! The schemas of the `OpenAPI` document: the operations' answers and inputs.
//!
//! A field's schema accepts exactly the values that the field's rule accepts: tests generate valid and invalid fields
//! from it.

use domain::{
    account::company_update,
    gate::api_version::ApiVersion,
    reports::job::JobStatus,
    tokens::{
        scope::{RateGroup, Scope},
        token::{DESCRIPTION_MAX, DEVELOPERS_MAX, NAME_MAX},
    },
};
use serde_json::{Map, Value, json};

use super::patterns;
use crate::gate::error::Code;

/// Returns a reference to the schema of that name.
#[must_use]
pub fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// Returns every schema, by its name.
#[must_use]
pub fn schemas() -> Value {
    json!({
        "Address": closed(strings(&ADDRESS)),
        "Advertiser": advertiser(),
        "Agency": agency(),
        "AccessToken": access_token(false),
        "IssuedAccessToken": access_token(true),
        "AccessTokenCreate": access_token_create(&settings(&versions())),
        "AccessTokenCreateForm": access_token_create(&settings(&version_names())),
        "AccessTokenUpdate": access_token_update(&settings(&versions())),
        "AccessTokenUpdateForm": access_token_update(&settings(&version_names())),
        "Contact": closed(strings(&CONTACT)),
        "CompanyInformation": company_information(),
        "CompanyInformationUpdate": company_information_update(),
        "CompanyInformationForm": company_information_form(),
        "Job": job(),
        "Report": report(),
        "ReportMetadata": report_metadata(),
        "ReportExport": whole(&json!({ "Status": { "const": "QUEUED" }, "QueuedUri": uri(), "ResultUri": uri(),
            "ReplayUri": uri() })),
        "ReportError": whole(&json!({ "Status": { "const": "ERROR" }, "Message": text(), "Code": code() })),
        "Done": whole(&json!({ "Status": { "const": "OK" }, "Uri": text() })),
        "Error": whole(&json!({
            "Status": { "const": "ERROR" },
            "Message": text(),
            "Code": code(),
            "Errors": { "type": "array", "items": whole(&json!({ "Field": text(), "Message": text() })) },
        })),
    })
}

fn text() -> Value {
    json!({ "type": "string" })
}

/// Returns the schema of error codes. More may be added; existing ones never change.
fn code() -> Value {
    json!({ "type": "string", "enum": Code::ALL.iter().map(|code| code.as_str()).collect::<Vec<_>>() })
}

fn strings(names: &[&str]) -> Map<String, Value> {
    names.iter().map(|name| ((*name).to_owned(), text())).collect()
}

/// Returns the schema of an object with these properties and no others.
fn closed(properties: Map<String, Value>) -> Value {
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

fn version_names() -> Value {
    json!(ApiVersion::ALL.map(|version| version.to_string()))
}

/// Returns the spellings of versions in JSON, where a version may be a number, too.
fn versions() -> Value {
    let mut versions: Vec<Value> = ApiVersion::ALL.map(|version| json!(version.to_string())).into();
    versions.extend(ApiVersion::ALL.map(|version| json!(u16::from(version))));
    json!(versions)
}

fn scope_ids() -> Value {
    json!({ "type": "array", "items": { "type": "string", "enum": Scope::all().map(Scope::id).collect::<Vec<_>>() } })
}

/// Returns the schema of an access token, with or without its Auth Token.
fn access_token(issued: bool) -> Value {
    let mut properties = json!({
        "Id": { "type": "string", "format": "uuid" },
        "AccountSid": account_sid(),
        "Name": text(),
        "Description": text(),
        "State": { "type": "string", "enum": ["ENABLED", "DISABLED"] },
        "ApiVersion": { "type": "string", "enum": version_names() },
        "Scopes": scope_ids(),
        "PrimaryContactId": { "type": "string", "format": "uuid" },
        "Developers": { "type": "array", "items": text() },
        "DateCreated": date(),
        "DateLastUsed": date_or_empty("When it last passed the gate. Empty for never."),
        "DateExpires": date_or_empty("When its Auth Token ceases to pass: chosen, or by the account's policy. Empty for never."),
        "Uri": text(),
    });
    if issued {
        properties["AuthToken"] = json!({ "type": "string", "pattern": "^kgt_[0-9A-Za-z]{38}$" });
    }
    let mut schema = whole(&properties);
    schema["additionalProperties"] = false.into();
    schema
}

fn account_sid() -> Value {
    json!({ "type": "string", "pattern": "^IR[0-9A-Za-z]{33}$" })
}

fn date() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

fn date_or_empty(description: &str) -> Value {
    json!({ "type": "string", "anyOf": [{ "format": "date-time" }, { "const": "" }], "description": description })
}

/// Returns the schemas of the settings of an access token.
fn settings(versions: &Value) -> Map<String, Value> {
    let mut scopes = scope_ids();
    scopes["minItems"] = 1.into();
    let settings = json!({
        "Name": { "type": "string", "minLength": 1, "maxLength": NAME_MAX, "pattern": patterns::line() },
        "Description": { "type": "string", "maxLength": DESCRIPTION_MAX, "pattern": patterns::paragraph() },
        "ApiVersion": { "enum": versions },
        "PrimaryContactId": {
            "type": "string", "format": "uuid", "description": "An account user. Another is answered with status 409." },
        "Developers": {
            "type": "array", "maxItems": DEVELOPERS_MAX, "items": { "type": "string", "pattern": patterns::email() } },
        "Scopes": scopes,
        "DateExpires": date_or_empty(
            "A time like 2030-01-31T00:00:00Z, or empty for never. One that is over, or that the account does not allow, is \
             answered with status 409.",
        ),
    });
    if let Value::Object(settings) = settings { settings } else { Map::new() }
}

fn access_token_create(settings: &Map<String, Value>) -> Value {
    let mut create = closed(settings.clone());
    create["required"] = json!(["Name", "Scopes"]);
    create
}

/// Returns the schema of a change. The resource's other fields may be sent back as they were read.
fn access_token_update(settings: &Map<String, Value>) -> Value {
    let mut properties = settings.clone();
    for name in ["Id", "AccountSid", "State", "DateCreated", "DateLastUsed", "Uri"] {
        properties.insert(name.to_owned(), read_only());
    }
    closed(properties)
}

fn read_only() -> Value {
    json!({ "type": "string", "readOnly": true, "description": "Can't be set; ignored if it is sent back as it was read." })
}

/// Returns the schema of the agency and the call's access token.
fn agency() -> Value {
    let groups = RateGroup::ALL.len();
    let number = json!({ "type": "integer", "minimum": 0 });
    let limit = json!({
        "Group": { "type": "string", "enum": ["Default", "ReportExport"] },
        "Limit": number, "Remaining": number, "Reset": number,
    });
    whole(&json!({
        "AccountSid": account_sid(),
        "CompanyName": text(),
        "AccessTokenId": { "type": "string", "format": "uuid" },
        "AccessTokenName": text(),
        "ApiVersion": { "type": "string", "enum": version_names() },
        "Scopes": scope_ids(),
        "DateExpires": date_or_empty("When the Auth Token ceases to pass. Empty for never."),
        "RateLimits": { "type": "array", "minItems": groups, "maxItems": groups, "items": whole(&limit) },
        "Uri": text(),
    }))
}

const ADDRESS: [&str; 6] = ["AddressLine1", "AddressLine2", "City", "State", "PostalCode", "Country"];
const CONTACT: [&str; 7] = [
    "UserId",
    "Name",
    "Email",
    "WorkPhoneNumber",
    "WorkPhoneNumberCountry",
    "CellPhoneNumber",
    "CellPhoneNumberCountry",
];
const PROFILE: [&str; 13] = [
    "CompanyName",
    "Website",
    "PrimaryPhoneNumber",
    "PrimaryPhoneNumberCountry",
    "SecondaryPhoneNumber",
    "SecondaryPhoneNumberCountry",
    "MinimumContactRating",
    "Timezone",
    "Currency",
    "RegisteredForIndirectTax",
    "IndirectTaxNumber",
    "OrganizationType",
    "EinSsnForeignTaxId",
];
const ADDRESSES: [&str; 2] = ["CorporateAddress", "BillingAddress"];
const CONTACTS: [&str; 4] = ["FinancialContact", "TechnicalContact", "SecurityContact", "CommercialContact"];

/// Returns the schema of the profile as it is read.
fn company_information() -> Value {
    let mut properties = strings(&PROFILE);
    properties.extend(ADDRESSES.map(|name| (name.to_owned(), reference("Address"))));
    properties.extend(CONTACTS.map(|name| (name.to_owned(), reference("Contact"))));
    properties.insert("Uri".to_owned(), text());
    whole(&Value::Object(properties))
}

/// Returns the schema of a profile field's input.
fn profile_field(name: &str) -> Value {
    if let Some(values) = company_update::choices(name) {
        return json!({ "type": "string", "enum": values });
    }
    let pattern = match name {
        "CompanyName" => patterns::line(),
        "Email" => patterns::email_or_empty(),
        _ if name.ends_with("PhoneNumber") => patterns::digits(),
        _ => patterns::line_or_empty(),
    };
    json!({ "type": "string", "maxLength": company_update::VALUE_MAX, "pattern": pattern })
}

fn profile_fields(names: &[&str]) -> Map<String, Value> {
    names.iter().map(|name| ((*name).to_owned(), profile_field(name))).collect()
}

/// Returns the schema of a change of the profile, with the fields in addresses and contacts.
fn company_information_update() -> Value {
    let mut properties = profile_fields(&PROFILE);
    properties.extend(ADDRESSES.map(|name| (name.to_owned(), closed(profile_fields(&ADDRESS)))));
    properties.extend(CONTACTS.map(|name| (name.to_owned(), closed(profile_fields(&CONTACT)))));
    properties.insert("Uri".to_owned(), read_only());
    closed(properties)
}

/// Returns the same schema as a form: a field of an address or a contact is `BillingAddress.City`.
fn company_information_form() -> Value {
    let mut properties = profile_fields(&PROFILE);
    let within = |object: &str, fields: &[&str]| -> Vec<_> {
        fields.iter().map(|field| (format!("{object}.{field}"), profile_field(field))).collect()
    };
    properties.extend(ADDRESSES.into_iter().flat_map(|object| within(object, &ADDRESS)));
    properties.extend(CONTACTS.into_iter().flat_map(|object| within(object, &CONTACT)));
    properties.insert("Uri".to_owned(), read_only());
    closed(properties)
}

/// Returns the schema of an object that has all of these properties.
fn whole(properties: &Value) -> Value {
    let required: Vec<_> = properties.as_object().into_iter().flat_map(Map::keys).collect();
    json!({ "type": "object", "properties": properties, "required": required })
}

/// Returns the schema of an address below this server.
pub fn uri() -> Value {
    json!({ "type": "string", "format": "uri-reference" })
}

/// Returns the schema of a job as published. Missing dates are empty, which is no date-time.
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

/// Returns the schema of a report as published.
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

/// Returns the schema of a report's metadata as published.
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

/// Returns the schema of an advertiser as published.
fn advertiser() -> Value {
    let mut fields: Map<String, Value> = domain::reports::advertiser::COLUMNS
        .map(|name| (name.to_owned(), json!({ "type": "string" })))
        .into_iter()
        .collect();
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
