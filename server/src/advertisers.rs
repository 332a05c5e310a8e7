//! `kagitaba advertiser import`: the agency's advertisers, from a CSV file (RFC 4180) whose first line names the columns.

use std::{
    collections::HashMap,
    fs,
    io::{self, Read as _},
    path::Path,
};

use anyhow::{Context as _, Result, anyhow};
use csv::{ErrorKind, Position, ReaderBuilder, Trim};
use domain::advertiser::{Advertiser, check_columns};
use store::ImportedAdvertisers;

use crate::{account, cli::AdvertiserImport, output::say};

/// How many problems are shown at once.
const SHOWN: usize = 20;

/// Imports all advertisers of the file, or none.
///
/// # Errors
/// Where a line of the file does not do, the account does not exist, or file or store can't be used.
pub async fn import(import: &AdvertiserImport) -> Result<()> {
    let advertisers = read(&import.file)?;
    let store = import.data.open().await?;
    let account = account::named(&store, &import.account).await?;
    let imported = store.import_advertisers(account, &advertisers).await.context("nothing was imported")?;
    let ImportedAdvertisers { added, changed, unchanged } = imported;
    say!("Imported advertisers to {}: {added} added, {changed} changed, {unchanged} unchanged.", import.account)?;
    Ok(())
}

fn read(file: &Path) -> Result<Vec<Advertiser>> {
    let content = if file == Path::new("-") {
        let mut content = Vec::new();
        io::stdin().lock().read_to_end(&mut content).map(|_| content)
    } else {
        fs::read(file)
    };
    let content = content.with_context(|| format!("cannot read {}", file.display()))?;
    parse(&content).map_err(|problems| {
        let more = problems.len().saturating_sub(SHOWN);
        let more = if more > 0 { format!("\n  and {more} more") } else { String::new() };
        let shown = problems[..problems.len().min(SHOWN)].join("\n  ");
        anyhow!("nothing was imported; correct the file:\n  {shown}{more}")
    })
}

/// The advertisers of a CSV file.
///
/// # Errors
/// Each thing that is wrong, with its line and column.
pub fn parse(content: &[u8]) -> Result<Vec<Advertiser>, Vec<String>> {
    let text = str::from_utf8(content).map_err(|error| {
        let line = 1 + breaks(&content[..error.valid_up_to()]);
        vec![format!("line {line}: this is not UTF-8; save the file as CSV in UTF-8")]
    })?;
    let mut reader = ReaderBuilder::new().trim(Trim::Headers).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| vec![error.to_string()])?.clone();
    let line = line_of(text, header.position());
    if let Err(problems) = check_columns(&header.iter().collect::<Vec<_>>()) {
        return Err(problems.into_iter().map(|problem| format!("line {line}: {problem}")).collect());
    }
    let (mut advertisers, mut problems, mut lines) = (Vec::new(), Vec::new(), HashMap::new());
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                problems.push(format!("line {}: {}", line_of(text, error.position()), in_words(&error)));
                continue;
            }
        };
        let line = line_of(text, record.position());
        match Advertiser::imported(header.iter().zip(&record)) {
            Ok(advertiser) => match lines.insert(advertiser.id, line) {
                None => advertisers.push(advertiser),
                Some(first) => problems.push(format!("line {line}: Id: line {first} has the same; remove one of them")),
            },
            Err(wrong) => problems.extend(wrong.into_iter().map(|problem| format!("line {line}: {problem}"))),
        }
    }
    if problems.is_empty() { Ok(advertisers) } else { Err(problems) }
}

/// The line on which a record begins, counted from 1. The reader counts empty lines before it, and the second half of
/// the break before those, to the record.
fn line_of(text: &str, position: Option<&Position>) -> u64 {
    let Some(position) = position else { return 1 };
    let rest = usize::try_from(position.byte()).ok().and_then(|byte| text.as_bytes().get(byte..)).unwrap_or_default();
    let before = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    position.line() + breaks(&rest[..before])
}

fn breaks(bytes: &[u8]) -> u64 {
    bytes.iter().map(|byte| u64::from(*byte == b'\n')).sum()
}

/// The reader's own words for it are for programmers.
fn in_words(error: &csv::Error) -> String {
    match error.kind() {
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("it has {len} columns, the first line has {expected_len}; write as many, with \" around commas")
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(input: &[u8]) -> Vec<String> {
        parse(input).unwrap().into_iter().map(|advertiser| advertiser.name).collect()
    }

    fn wrong(input: &[u8]) -> Vec<String> {
        parse(input).unwrap_err()
    }

    #[test]
    fn columns_come_in_any_order_and_the_file_as_spreadsheets_write_it() {
        assert_eq!(names(b"Name,Id\nAcme,7\n"), ["Acme"]);
        assert_eq!(names(b"\xef\xbb\xbfId, Name \r\n7,\"Nutt, \"\"Co\"\"\"\r\n8,\xe9\x8d\xb5"), ["Nutt, \"Co\"", "鍵"]);
        assert!(names(b"Id,Name\n").is_empty());
    }

    #[test]
    fn each_problem_is_told_with_its_line_and_column() {
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
        assert_eq!(said, ["line 2: this is not UTF-8; save the file as CSV in UTF-8"]);
    }
}
