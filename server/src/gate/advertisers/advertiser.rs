//! The advertiser and its own address, as published.

use chrono::DateTime;
use domain::{
    gate::access::Caller,
    reports::advertiser::{self, COLUMNS},
};
use serde::Serialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{Object, RefOr, Schema, schema::ObjectBuilder},
};

use crate::gate::{
    call::{Segment, uri},
    error::GateError,
    openapi::schemas,
    records::date,
};

pub const PATH: &str = "/Advertisers";

#[derive(Serialize)]
pub struct Advertiser {
    #[serde(flatten)]
    columns: advertiser::Advertiser,
    /// Always empty: published as an address with the advertiser's own credentials, which Kagitaba does not keep.
    #[serde(rename = "RestAccountURL")]
    rest_account_url: &'static str,
    #[serde(rename = "Uri")]
    uri: String,
}

impl Advertiser {
    pub fn new(caller: &Caller, advertiser: advertiser::Advertiser) -> Self {
        let uri = uri(caller, &format!("{PATH}/{}", advertiser.id));
        let created = advertiser.date_created.as_deref().and_then(|date| DateTime::parse_from_rfc3339(date).ok());
        let columns = advertiser::Advertiser { date_created: created.map(date), ..advertiser };
        Self { columns, rest_account_url: "", uri }
    }
}

/// By hand, as the fields are those of the domain's type, and of its columns.
impl PartialSchema for Advertiser {
    fn schema() -> RefOr<Schema> {
        let described = |mut schema: Object, description: &str| {
            schema.description = Some(description.to_owned());
            schema
        };
        let column = |object: ObjectBuilder, name: &str| {
            let schema = match name {
                "Id" => schemas::matching("^[1-9][0-9]*$"),
                "State" => schemas::one_of(["ACTIVE", "DELINQUENT"]),
                "VatRegistered" | "AgencyOfRecord" => schemas::one_of(["true", "false"]),
                "OrganizationType" => schemas::one_of(["CORP", "NONP_GOV", "OTHER"]),
                "PhoneNumber" => schemas::matching("^[0-9]*$"),
                "DateCreated" => described(schemas::formatted("date-time"), "Left out if it isn't known."),
                "FinancialSetup" => schemas::one_of(["BILLED_BY_IR"]),
                "AccountManager" => described(schemas::text(), "Left out if no one is assigned."),
                "TaxId" => described(schemas::text(), "Only the last four characters of the number."),
                _ => schemas::text(),
            };
            object.property(name, schema)
        };
        let url = described(schemas::constant(""), "Always empty: Kagitaba doesn't store credentials of others.");
        let object = COLUMNS.into_iter().fold(ObjectBuilder::new(), column);
        let object = object.property("RestAccountURL", url).property("Uri", schemas::text());
        ["Id", "Name", "State", "RestAccountURL", "Uri"].into_iter().fold(object, ObjectBuilder::required).into()
    }
}

impl ToSchema for Advertiser {}

impl Segment for advertiser::AdvertiserId {
    fn read(segment: &str) -> Result<Self, GateError> {
        segment.parse().map_err(|_| GateError::NotFound)
    }
}
