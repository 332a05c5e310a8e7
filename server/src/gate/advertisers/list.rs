//! `GET /Advertisers`: a page of the account's advertisers, in the order of their import, and by id within one import.

use domain::gate::access::Caller;
use store::Store;

use super::advertiser::{Advertiser, PATH};
use crate::gate::{
    answer::{
        Answer,
        list::{List, Paging},
    },
    error::GateError,
    openapi::documentation::Documentation,
};

pub const ID: &str = "listAdvertisers";
const NAME: &str = "Advertisers";

pub async fn handle(store: &Store, caller: &Caller, paging: Paging, list: List<'_>) -> Result<Answer, GateError> {
    let (advertisers, total) = store.reports().advertisers(caller.account, paging.offset(), paging.size).await?;
    let items = advertisers.into_iter().map(|advertiser| Advertiser::new(caller, advertiser));
    list.page((NAME, PATH), paging, total, items)
}

pub fn document(operation: Documentation) -> Documentation {
    operation.lists::<Advertiser>(NAME)
}
