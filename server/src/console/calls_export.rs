//! `/settings/platform-rest/calls.csv` and `.jsonl`: the last calls of the access token in the query, as they match the
//! filter there, as a file, for a person who may see the token.

use app::routes;
use axum::{
    Extension, Router,
    extract::{RawQuery, State},
    response::Response,
    routing::get,
};
use chrono::SecondsFormat;
use domain::{
    members::user::CurrentUser,
    tokens::{
        recent_call::{CallFilter, RecentCall},
        token::TokenId,
        usage::{Client, PERMISSION},
    },
};
use serde_json::{Value, json};
use store::Store;

use super::export::{self, ExportError, Form};

/// Returns the routes, which find the asker in the request's extensions.
pub fn router(store: Store) -> Router {
    let export = |form| {
        get(async move |State(store), asker, RawQuery(query)| {
            let file = file(&store, asker, &query.unwrap_or_default(), form).await;
            file.unwrap_or_else(|error| error.refusal())
        })
    };
    Router::new()
        .route(routes::CALLS_CSV, export(Form::Csv))
        .route(routes::CALLS_JSON_LINES, export(Form::JsonLines))
        .with_state(store)
}

async fn file(
    store: &Store,
    asker: Option<Extension<CurrentUser>>,
    query: &str,
    form: Form,
) -> Result<Response, ExportError> {
    let Extension(asker) = asker.ok_or(ExportError::SignInNeeded)?;
    asker.require(PERMISSION).map_err(|_| ExportError::NotAllowed)?;
    let (token, filter): (Option<TokenId>, CallFilter) = routes::calls_asked_for(query);
    let token = store.tokens().get(asker.account, token.ok_or(ExportError::NotFound)?).await?;
    let calls = store.tokens().recent_calls(asker.account, token.id, &filter).await?.calls;
    let content = match form {
        Form::Csv => export::csv(COLUMNS, calls.iter().map(record))?,
        Form::JsonLines => calls.iter().map(|call| format!("{}\n", object(call))).collect::<String>().into_bytes(),
    };
    let name = format!("calls_{}_{}", token.sid, store.clock().now().date_naive());
    Ok(form.answer(content, &name))
}

const COLUMNS: [&str; 8] =
    ["Time", "Operation", "Version", "Status", "Address", "Client", "Value", "LatencyMicroseconds"];

fn record(call: &RecentCall) -> [String; COLUMNS.len()] {
    [
        time(call),
        call.scope.clone(),
        version(call).map(|version| version.to_string()).unwrap_or_default(),
        call.status.to_string(),
        call.address.to_string(),
        client(call).unwrap_or_default().to_owned(),
        call.value.to_string(),
        call.latency.to_string(),
    ]
}

fn object(call: &RecentCall) -> Value {
    json!({
        "time": time(call),
        "operation": call.scope,
        "version": version(call),
        "status": call.status,
        "address": call.address,
        "client": client(call),
        "value": call.value,
        "latency_microseconds": call.latency,
    })
}

fn time(call: &RecentCall) -> String {
    call.at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn version(call: &RecentCall) -> Option<u16> {
    Some(call.version).filter(|version| *version > 0)
}

/// Returns the client's name, if it gives one and it is told apart from others.
fn client(call: &RecentCall) -> Option<&str> {
    match &call.client {
        Client::Named(name) => Some(name),
        Client::Unnamed | Client::Others => None,
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use chrono::DateTime;

    use super::*;

    fn call(client: &str) -> RecentCall {
        RecentCall {
            at: DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
            scope: "getJob".to_owned(),
            version: 0,
            status: 200,
            address: IpAddr::from([192, 0, 2, 1]),
            client: Client::Named(client.to_owned()),
            value: 0,
            used: None,
            latency: 1_500,
        }
    }

    #[test]
    fn no_name_of_a_client_is_a_formula() {
        for name in ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)"] {
            let content = export::csv(COLUMNS, [record(&call(name))]).unwrap();
            let mut reader = csv::Reader::from_reader(content.as_slice());
            let record = reader.records().next().unwrap().unwrap();
            assert_eq!((&record[0], &record[5]), ("2027-01-15T08:00:00.000000Z", format!("'{name}").as_str()));
        }
    }

    #[test]
    fn a_line_of_json_is_a_call_as_it_is() {
        let object = object(&call("=1"));
        assert_eq!((&object["client"], &object["version"]), (&"=1".into(), &Value::Null));
        assert_eq!((&object["address"], &object["latency_microseconds"]), (&"192.0.2.1".into(), &json!(1_500)));
    }
}
