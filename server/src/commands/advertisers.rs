//! `kagitaba advertiser import`: imports the agency's advertisers from a CSV file (RFC 4180) whose first line names the
//! columns.

#![allow(clippy::doc_markdown)] // the doc comments of arguments are the help texts, too

use std::{
    collections::HashMap,
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, anyhow};
use clap::{Args, Subcommand};
use csv::{Position, ReaderBuilder, StringRecord, Trim};
use domain::{
    members::user,
    reports::advertiser::{Advertiser, check_columns, column},
};
use store::ImportedAdvertisers;

use crate::{
    commands::account,
    config::Data,
    output::say,
    spreadsheet::{self, Encoding, breaks},
};

/// The commands for advertisers.
#[derive(Debug, Subcommand)]
pub enum AdvertiserCommand {
    /// Import advertisers from a CSV file. Advertisers with a known Id are replaced, others are added, and none are removed.
    /// The first line names the columns, in any order and case, as the API names its fields: Id, Name and any others.
    /// Columns are separated by commas, semicolons or tabs. The file is in UTF-8, or in UTF-16 with a byte order mark.
    /// Credentials of other accounts are never stored, and only the end of tax numbers. If any line is wrong, nothing is
    /// imported.
    Import(AdvertiserImport),
}

impl AdvertiserCommand {
    /// Carries out the command.
    ///
    /// # Errors
    /// If the command failed.
    pub async fn run(&self) -> Result<()> {
        match self {
            Self::Import(advertisers) => import(advertisers).await,
        }
    }
}

/// Advertisers to import.
#[derive(Debug, Clone, Args)]
pub struct AdvertiserImport {
    /// The file, or - for standard input.
    #[arg(value_name = "FILE.csv")]
    pub file: PathBuf,
    /// The agency account's name.
    #[arg(long, value_name = "NAME", value_parser = user::name)]
    pub account: String,
    /// The file's encoding, if it is neither UTF-8 nor UTF-16: shift_jis, windows-1252 and so on (WHATWG Encoding Standard).
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<Encoding>,
    /// The location of the data.
    #[command(flatten)]
    pub data: Data,
}

/// Number of problems shown at once.
const SHOWN: usize = 20;

/// Imports all advertisers of the file, or none.
///
/// # Errors
/// If a line of the file is invalid, if the account does not exist, or if the file or the store can't be used.
pub async fn import(import: &AdvertiserImport) -> Result<()> {
    let advertisers = read(&import.file, import.encoding)?;
    let store = import.data.open().await?;
    let account = account::named(&store, &import.account).await?;
    let imported = store.reports().import_advertisers(account, &advertisers).await.context("nothing was imported")?;
    let ImportedAdvertisers { added, changed, unchanged } = imported;
    say!("Imported advertisers to {}: {added} added, {changed} changed, {unchanged} unchanged.", import.account)?;
    Ok(())
}

fn read(file: &Path, encoding: Option<Encoding>) -> Result<Vec<Advertiser>> {
    let content = if file == Path::new("-") {
        let mut content = Vec::new();
        io::stdin().lock().read_to_end(&mut content).map(|_| content)
    } else {
        fs::read(file)
    };
    let content = content.with_context(|| format!("cannot read {}", file.display()))?;
    parse(&content, encoding).map_err(|problems| {
        let more = problems.len().saturating_sub(SHOWN);
        let more = if more > 0 { format!("\n  and {more} more") } else { String::new() };
        let shown = problems[..problems.len().min(SHOWN)].join("\n  ");
        anyhow!("nothing was imported; fix the file:\n  {shown}{more}")
    })
}

/// Returns the advertisers of a CSV file as spreadsheets write it: see [`spreadsheet`]. Empty rows are skipped, as are
/// columns without a name and without values.
///
/// # Errors
/// Every problem, with its line and column.
pub fn parse(content: &[u8], encoding: Option<Encoding>) -> Result<Vec<Advertiser>, Vec<String>> {
    let text = spreadsheet::decode(content, encoding).map_err(|problem| vec![problem])?;
    let mut reader = ReaderBuilder::new()
        .delimiter(spreadsheet::separator(&text))
        .flexible(true)
        .trim(Trim::Headers)
        .from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| vec![error.to_string()])?.clone();
    let line = line_of(&text, header.position());
    let columns: Vec<_> = header.iter().map(column).collect();
    let named: Vec<_> = columns.iter().copied().filter(|column| !column.is_empty()).collect();
    if let Err(problems) = check_columns(&named) {
        return Err(problems.into_iter().map(|problem| format!("line {line}: {problem}")).collect());
    }
    let (mut advertisers, mut problems, mut lines) = (Vec::new(), Vec::new(), HashMap::new());
    for record in reader.records() {
        let (line, read) = match record {
            Ok(record) => (line_of(&text, record.position()), advertiser(&columns, &record)),
            Err(error) => (line_of(&text, error.position()), Err(vec![error.to_string()])),
        };
        match read {
            Ok(None) => {}
            Ok(Some(advertiser)) => match lines.insert(advertiser.id, line) {
                None => advertisers.push(advertiser),
                Some(first) => problems.push(format!("line {line}: Id: line {first} has the same; remove one of them")),
            },
            Err(wrong) => problems.extend(wrong.into_iter().map(|problem| format!("line {line}: {problem}"))),
        }
    }
    if problems.is_empty() { Ok(advertisers) } else { Err(problems) }
}

/// Returns the advertiser of one row, or `None` if the row is empty.
fn advertiser(columns: &[&str], record: &StringRecord) -> Result<Option<Advertiser>, Vec<String>> {
    let filled = record.iter().enumerate().filter(|(_, value)| !value.trim().is_empty());
    let Some((last, _)) = filled.last() else { return Ok(None) };
    if record.len() < columns.len() || last >= columns.len() {
        let (len, expected) = (record.len(), columns.len());
        return Err(vec![format!(
            "it has {len} columns, but the first line has {expected}; write the same number, and put values with commas in quotes"
        )]);
    }
    let unnamed = |(column, value): &(&str, &str)| column.is_empty() && !value.trim().is_empty();
    let fields = || columns.iter().copied().zip(record);
    if let Some(number) = fields().position(|field| unnamed(&field)) {
        return Err(vec![format!(
            "column {} has no name; name it in the first line, or remove its values",
            number + 1
        )]);
    }
    let read = Advertiser::imported(fields().filter(|(column, _)| !column.is_empty()));
    read.map(Some).map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

/// Returns the line on which a record begins, counted from 1. The reader counts empty lines before it, and the second
/// half of the line break before those, as part of the record.
fn line_of(text: &str, position: Option<&Position>) -> u64 {
    let Some(position) = position else { return 1 };
    let rest = usize::try_from(position.byte()).ok().and_then(|byte| text.as_bytes().get(byte..)).unwrap_or_default();
    let before = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    position.line() + breaks(&rest[..before])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(input: &[u8]) -> Vec<String> {
        parse(input, None).unwrap().into_iter().map(|advertiser| advertiser.name).collect()
    }

    fn wrong(input: &[u8]) -> Vec<String> {
        parse(input, None).unwrap_err()
    }

    #[test]
    fn columns_come_in_any_order_as_spreadsheets_write_them() {
        assert_eq!(names(b"Name,Id\nAcme,7\n"), ["Acme"]);
        assert_eq!(names(b"\xef\xbb\xbfId, Name \r\n7,\"Nutt, \"\"Co\"\"\"\r\n8,\xe9\x8d\xb5"), ["Nutt, \"Co\"", "鍵"]);
        assert!(names(b"Id,Name\n").is_empty());
    }

    #[test]
    fn each_problem_is_reported_with_its_line_and_column() {
        for end in ["\n", "\r\n"] {
            let text =
                ["Id,Name,Description,Currency", "7,Acme,\"two", "lines\",YEN2", "", "x,,,", "9,Nine,,", "9,Again,,"];
            let said = wrong(text.join(end).as_bytes());
            let places: Vec<_> = said.iter().map(|said| said.rsplit_once(": ").unwrap().0).collect();
            assert_eq!(places, ["line 2: Currency", "line 5: Id", "line 5: Name", "line 7: Id"], "{said:?}");
            assert!(said[3].ends_with("line 6 has the same; remove one of them"), "{said:?}");
        }
    }

    #[test]
    fn a_first_line_that_names_other_columns_is_refused() {
        assert_eq!(
            wrong(b""),
            ["line 1: Id: the column is missing; add it", "line 1: Name: the column is missing; add it"]
        );
        assert!(wrong(b"Id,Name,Colour\n7,Acme,red\n")[0].starts_with("line 1: Colour: there is no such column"));
    }

    #[test]
    fn lines_of_another_length_or_encoding_are_refused() {
        let said = wrong(b"Id,Name\n7,Acme,Inc\n8\nx,Acme\n");
        assert_eq!(said.len(), 3, "{said:?}");
        assert!(said[0].starts_with("line 2: it has 3 columns") && said[1].starts_with("line 3: it has 1 columns"));
        let said = wrong(b"Id,Name\n7,\x8c\xae\n8,\x8c\xae\n");
        assert!(said[0].starts_with("line 2: this is not UTF-8; save the file as CSV in UTF-8"), "{said:?}");
    }

    #[test]
    fn file_is_read_in_each_encoding_that_spreadsheets_write() {
        let text = "Id;Name\r\n7;鍵, 束\r\n";
        let utf_16 =
            |bytes: fn(u16) -> [u8; 2]| ["\u{feff}", text].concat().encode_utf16().flat_map(bytes).collect::<Vec<_>>();
        for content in [text.into(), utf_16(u16::to_le_bytes), utf_16(u16::to_be_bytes)] {
            assert_eq!(names(&content), ["鍵, 束"]);
        }
        let tabs = ["\u{feff}", text].concat().replace(';', "\t");
        assert_eq!(names(tabs.as_bytes()), ["鍵, 束"]);
        let shift_jis = b"id,NAME\n7,\x8c\xae\n";
        assert_eq!(parse(shift_jis, "shift_jis".parse().ok()).unwrap()[0].name, "鍵");
    }

    #[test]
    fn encoding_that_is_unknown_or_violated_is_named() {
        let half = b"\xff\xfeI\0d\0,";
        assert!(wrong(half)[0].contains("UTF-16"), "{:?}", wrong(half));
        assert!(wrong(b"I\0d\0,\0N\0")[0].contains("byte order mark"));
        assert!(parse(b"Id,Name\n7,\xff\n", "shift_jis".parse().ok()).unwrap_err()[0].contains("Shift_JIS"));
    }

    #[test]
    fn empty_rows_and_columns_at_the_end_are_passed_over() {
        assert_eq!(names(b"id,name,,\n7,Acme,,\n,,,\n 8,Eight, ,\n9,Nine,,,,\n, \n"), ["Acme", "Eight", "Nine"]);
        assert_eq!(
            wrong(b"Id,Name,\n7,Acme,red\n"),
            ["line 2: column 3 has no name; name it in the first line, or remove its values"]
        );
        assert!(wrong(b"Id,Name\n7,Acme,,red\n")[0].starts_with("line 2: it has 4 columns, but the first line has 2"));
    }
}
