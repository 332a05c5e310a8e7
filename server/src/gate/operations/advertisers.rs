//! Advertisers: the brands that the agency manages, as imported with `kagitaba advertiser import`.

use chrono::DateTime;
use domain::reports::advertiser::{Advertiser, AdvertiserId};
use serde::Serialize;

use super::{
    super::{
        answer::{Answer, List, Paging},
        error::GateError,
        records::date,
    },
    Call,
};

const PATH: &str = "/Advertisers";

/// The advertiser and its own address, as published.
#[derive(Serialize)]
struct Resource {
    #[serde(flatten)]
    advertiser: Advertiser,
    /// Always empty: published as an address with the advertiser's own credentials, which Kagitaba does not keep.
    #[serde(rename = "RestAccountURL")]
    rest_account_url: &'static str,
    #[serde(rename = "Uri")]
    uri: String,
}

impl Resource {
    fn new(call: &Call, advertiser: Advertiser) -> Self {
        let uri = call.uri(&format!("{PATH}/{}", advertiser.id));
        let created = advertiser.date_created.as_deref().and_then(|date| DateTime::parse_from_rfc3339(date).ok());
        let advertiser = Advertiser { date_created: created.map(date), ..advertiser };
        Self { advertiser, rest_account_url: "", uri }
    }
}

/// `GET`: a page of the account's advertisers, in the order of their import, and by id within one import.
pub async fn list(call: &Call) -> Result<Answer, GateError> {
    let paging = Paging::asked(&call.query)?;
    let found = call.store.advertisers(call.caller().account, paging.offset(), paging.size);
    let (advertisers, total) = found.await?;
    let items = advertisers.into_iter().map(|advertiser| serde_json::to_value(Resource::new(call, advertiser)));
    let items = items.collect::<Result<_, _>>().map_err(GateError::Writing)?;
    let list = List { name: "Advertisers", items, total, paging, uri: &call.list_uri(PATH), query: &call.query };
    Ok(list.answer(call.version()))
}

/// `GET`: one advertiser.
pub async fn get(call: &Call) -> Result<Answer, GateError> {
    let id = call.parameter().and_then(|id| id.parse::<AdvertiserId>().ok());
    let id = id.ok_or(GateError::NotFound)?;
    let advertiser = call.store.advertiser(call.caller().account, id).await?;
    Answer::one("Advertiser", &Resource::new(call, advertiser))
}
