//! `GET /Advertisers/{AdvertiserId}`.

use domain::{gate::access::Caller, reports::advertiser::AdvertiserId};
use store::Store;

use super::advertiser::Advertiser;
use crate::gate::{answer::Answer, call::Path, error::GateError, openapi::documentation::Documentation};

pub const ID: &str = "getAdvertiser";

pub async fn handle(store: &Store, caller: &Caller, Path(id): Path<AdvertiserId>) -> Result<Answer, GateError> {
    let advertiser = store.reports().advertiser(caller.account, id).await?;
    Answer::one("Advertiser", &Advertiser::new(caller, advertiser))
}

pub fn document(operation: Documentation) -> Documentation {
    operation.returns::<Advertiser>()
}
