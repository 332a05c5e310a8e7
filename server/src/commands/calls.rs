//! `kagitaba call export`: an account's calls one by one, with token, operation and address, for investigations.

#![allow(clippy::doc_markdown)] // the doc comments of arguments are the help texts, too

use std::io::{BufWriter, Write};

use anyhow::{Context as _, Result, ensure};
use chrono::{NaiveDate, SecondsFormat};
use clap::{Args, Subcommand, ValueEnum};
use domain::{
    members::user,
    reports::report::{BYTE_ORDER_MARK, cell},
    tokens::usage::Client,
};
use serde_json::{Value, json};
use store::{CallLog, RecordedCall};

use crate::{commands::account, config::Data, output::Output};

/// The commands for the calls at the gate.
#[derive(Debug, Subcommand)]
pub enum CallCommand {
    /// Write an account's calls to standard output, one per line, for as long as --keep-calls keeps them: time, access
    /// token, operation, network address, status, duration, API version and client. They are roughly in order of time: sort by Time if the order
    /// matters. Calls recorded while the export runs may be missing.
    Export(CallExport),
}

impl CallCommand {
    /// Carries out the command.
    ///
    /// # Errors
    /// If the command failed.
    pub async fn run(&self) -> Result<()> {
        match self {
            Self::Export(calls) => export(calls).await,
        }
    }
}

/// Calls to export.
#[derive(Debug, Clone, Args)]
pub struct CallExport {
    /// The agency account's name.
    #[arg(long, value_name = "NAME", value_parser = user::name)]
    pub account: String,
    /// The first day, in UTC [default: the day of the oldest call].
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub from: Option<NaiveDate>,
    /// The last day, in UTC [default: the day of the newest call].
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub to: Option<NaiveDate>,
    /// The format.
    #[arg(long, value_enum, default_value_t = CallFormat::Csv)]
    pub format: CallFormat,
    /// The location of the data.
    #[command(flatten)]
    pub data: Data,
}

/// A form that calls are exported in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CallFormat {
    /// CSV (RFC 4180), whose first line names the columns.
    Csv,
    /// A JSON object on each line.
    Jsonl,
}

/// The columns of the CSV file.
const COLUMNS: [&str; 11] = [
    "Time",
    "TokenId",
    "TokenName",
    "AccountSid",
    "Operation",
    "Address",
    "Status",
    "LatencyMicroseconds",
    "Version",
    "Client",
    "Value",
];

const NOT_WRITTEN: &str = "cannot write to standard output";

/// Writes the calls to standard output, keeping only a few packs of them in memory.
///
/// # Errors
/// If the last day is before the first, if the account does not exist, if standard output can't be written, or if the
/// store fails.
pub async fn export(export: &CallExport) -> Result<()> {
    let days = (export.from.unwrap_or(NaiveDate::MIN), export.to.unwrap_or(NaiveDate::MAX));
    ensure!(days.0 <= days.1, "--to {} is before --from {}; swap them", days.1, days.0);
    let store = export.data.open().await?;
    let account = account::named(&store, &export.account).await?;
    let log = store.gate().call_log(account, days.0, days.1);
    write(log, export.format, BufWriter::new(Output)).await
}

async fn write(mut log: CallLog, format: CallFormat, mut out: impl Write) -> Result<()> {
    if format == CallFormat::Csv {
        out.write_all(BYTE_ORDER_MARK).context(NOT_WRITTEN)?;
        csv(&mut out, [COLUMNS.map(str::to_owned)])?;
    }
    loop {
        let calls = log.next().await?;
        if calls.is_empty() {
            return out.flush().context(NOT_WRITTEN);
        }
        match format {
            CallFormat::Csv => csv(&mut out, calls.iter().map(record))?,
            CallFormat::Jsonl => {
                calls.iter().try_for_each(|call| writeln!(out, "{}", object(call))).context(NOT_WRITTEN)?;
            }
        }
    }
}

fn csv(out: impl Write, records: impl IntoIterator<Item = [String; COLUMNS.len()]>) -> Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    for record in records {
        csv.write_record(record.iter().map(|text| cell(text).into_owned())).context(NOT_WRITTEN)?;
    }
    csv.flush().context(NOT_WRITTEN)
}

fn record(call: &RecordedCall) -> [String; COLUMNS.len()] {
    [
        time(call),
        call.token.0.to_string(),
        call.name.clone().unwrap_or_default(),
        call.sid.as_ref().map(ToString::to_string).unwrap_or_default(),
        call.scope.clone(),
        call.address.to_string(),
        call.status.to_string(),
        call.latency.as_micros().to_string(),
        version(call).map(|version| version.to_string()).unwrap_or_default(),
        client(call).unwrap_or_default().to_owned(),
        call.value.to_string(),
    ]
}

fn version(call: &RecordedCall) -> Option<u16> {
    Some(call.version).filter(|version| *version > 0)
}

/// Returns the client's name, if it gives one and it is told apart from others.
fn client(call: &RecordedCall) -> Option<&str> {
    match &call.client {
        Client::Named(name) => Some(name),
        Client::Unnamed | Client::Others => None,
    }
}

fn object(call: &RecordedCall) -> Value {
    json!({
        "time": time(call),
        "token": { "id": call.token, "name": call.name, "sid": call.sid },
        "operation": call.scope,
        "address": call.address,
        "status": call.status,
        "latency_microseconds": u64::try_from(call.latency.as_micros()).unwrap_or(u64::MAX),
        "version": version(call),
        "client": client(call),
        "value": call.value,
    })
}

fn time(call: &RecordedCall) -> String {
    call.at.to_rfc3339_opts(SecondsFormat::Micros, true)
}
