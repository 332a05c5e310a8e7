//! The worker that makes reports into files: one after the other, each in a task of its own. It reads records a day at
//! a time, so that a report of many days takes no more memory than its file and one day.

use std::{convert::Infallible, time::Duration};

use anyhow::Context as _;
use domain::Refusal;
use domain::reports::{
    job::JobStatus,
    report::{self, Export, Period, ResultFormat},
};
use serde_json::Value;
use store::{ClaimedJob, Store};
use tokio::{
    task::spawn_blocking,
    time::{sleep, timeout},
};

use super::{
    answer::xml,
    records::{self, Record},
};

/// The largest file in bytes; the database takes no values beyond 1 GB.
const RESULT_MAX: usize = 256 << 20;
/// The longest time between two searches for jobs.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// The wait after the database has failed.
const PAUSE: Duration = Duration::from_secs(5);

/// Works on jobs for ever, beginning with those that were unfinished when the server ended.
pub async fn work(store: Store) {
    loop {
        let Err(error) = until_failure(&store).await;
        tracing::warn!(%error, "jobs could not be worked on; that will be tried again");
        sleep(PAUSE).await;
    }
}

async fn until_failure(store: &Store) -> Result<Infallible, store::Error> {
    store.reports().take_up_jobs().await?;
    loop {
        match store.reports().claim_job().await? {
            Some(job) => carry_out(store, job).await?,
            // Meanwhile another node's worker may have stopped, or a job may have been ordered there.
            None => {
                if timeout(LOOK_EVERY, store.reports().job_queued()).await.is_err() {
                    store.reports().take_up_jobs().await?;
                }
            }
        }
    }
}

/// Carries out the job and stores its outcome.
async fn carry_out(store: &Store, job: ClaimedJob) -> Result<(), store::Error> {
    let made = tokio::spawn(make(store.clone(), job)).await.map_err(anyhow::Error::from).flatten();
    let ended = match made {
        Ok(file) if file.len() > RESULT_MAX => {
            let problem = format!("The file would be larger than {} MiB; export fewer days.", RESULT_MAX >> 20);
            store.reports().fail_job(&job, JobStatus::Failed, &problem).await
        }
        Ok(file) => store.reports().complete_job(&job, &file).await,
        Err(error) => {
            tracing::error!(%error, job = %job.id.0, "a job failed");
            store
                .reports()
                .fail_job(&job, JobStatus::Error, "Something went wrong on the server; replay the job later.")
                .await
        }
    };
    // The job was taken for stalled, and another worker has it now.
    if matches!(ended, Err(store::Error::Refused(Refusal::NotFound))) { Ok(()) } else { ended }
}

/// Returns the file; one that is too large ends somewhere beyond the limit.
async fn make(store: Store, job: ClaimedJob) -> anyhow::Result<Vec<u8>> {
    let Export { report, period: Period { from, to }, .. } = job.export;
    let days = (to - from).num_days() + 1;
    let (mut file, mut noted) = (File::begin(job.export)?, 0);
    for (day, done) in from.iter_days().zip(1..=days) {
        let records = records::read(&store, job.account, report, Period { from: day, to: day }).await?;
        file = spawn_blocking(move || file.with(records)).await??;
        if file.bytes.len() > RESULT_MAX {
            break;
        }
        let percentage = u8::try_from(done * 99 / days).unwrap_or(99);
        if percentage > noted {
            noted = percentage;
            store.reports().note_progress(&job, file.records, percentage).await?;
        }
    }
    Ok(file.end())
}

/// A file that is being written.
struct File {
    export: Export,
    bytes: Vec<u8>,
    /// The number of records in it.
    records: u64,
}

impl File {
    const XML_END: &str = "</Records>";

    /// Returns a file without records.
    fn begin(export: Export) -> anyhow::Result<Self> {
        let bytes = match export.format {
            ResultFormat::Csv => {
                let mut csv = csv::Writer::from_writer(report::BYTE_ORDER_MARK.to_vec());
                csv.write_record(export.report.attributes().iter().map(|attribute| attribute.name))?;
                csv.into_inner()?
            }
            ResultFormat::Json => b"[".to_vec(),
            ResultFormat::Xml => {
                let empty = xml::document("Records", &Value::Array(Vec::new()));
                empty.strip_suffix(Self::XML_END).context("the root is empty")?.as_bytes().to_vec()
            }
        };
        Ok(Self { export, bytes, records: 0 })
    }

    /// Adds records at the file's end.
    fn with(mut self, records: Vec<Record>) -> anyhow::Result<Self> {
        let report = self.export.report;
        let mut csv = csv::Writer::from_writer(Vec::new());
        for record in records {
            match self.export.format {
                ResultFormat::Csv => csv.write_record(record.iter().map(|text| report::cell(text).into_owned()))?,
                ResultFormat::Json => {
                    if self.records > 0 {
                        self.bytes.push(b',');
                    }
                    serde_json::to_writer(&mut self.bytes, &records::object(report, record))?;
                }
                ResultFormat::Xml => {
                    self.bytes.extend(xml::fragment("Record", &records::object(report, record)).into_bytes());
                }
            }
            self.records += 1;
        }
        self.bytes.extend(csv.into_inner()?);
        Ok(self)
    }

    /// Returns the whole file.
    fn end(mut self) -> Vec<u8> {
        match self.export.format {
            ResultFormat::Csv => {}
            ResultFormat::Json => self.bytes.push(b']'),
            ResultFormat::Xml => self.bytes.extend(Self::XML_END.as_bytes()),
        }
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use domain::reports::report::Report;

    use super::*;

    fn file_of(format: ResultFormat, portions: &[&[&str]]) -> String {
        let day = "2026-05-01".parse().unwrap();
        let mut file =
            File::begin(Export { report: Report::AuditLog, period: Period { from: day, to: day }, format }).unwrap();
        for portion in portions {
            file = file.with(portion.iter().map(|text| vec![(*text).to_owned(); 5]).collect()).unwrap();
        }
        assert_eq!(file.records, portions.iter().map(|portion| portion.len() as u64).sum::<u64>());
        String::from_utf8(file.end()).unwrap()
    }

    fn file(format: ResultFormat, text: &str) -> String {
        file_of(format, &[&[text]])
    }

    #[test]
    fn file_is_the_same_however_its_records_are_split() {
        for format in [ResultFormat::Csv, ResultFormat::Json, ResultFormat::Xml] {
            let whole = file_of(format, &[&["a", "b", "c"]]);
            assert_eq!(file_of(format, &[&[], &["a"], &[], &["b", "c"], &[]]), whole);
        }
        assert_eq!(file_of(ResultFormat::Csv, &[]), "\u{feff}Time,Actor,Action,TokenId,Details\n");
        assert_eq!(file_of(ResultFormat::Json, &[&[]]), "[]");
        assert!(file_of(ResultFormat::Xml, &[]).ends_with("?><Records></Records>"));
    }

    #[test]
    fn a_file_of_each_format_holds_the_same_texts() {
        let csv = file(ResultFormat::Csv, "鍵, \"束\"\nb");
        assert!(csv.starts_with("\u{feff}Time,Actor,Action,TokenId,Details\n\"鍵, \"\"束\"\"\nb\","), "{csv}");
        let json: Value = serde_json::from_str(&file(ResultFormat::Json, "鍵 <&>")).unwrap();
        assert_eq!(json[0]["Actor"], "鍵 <&>");
        let xml = file(ResultFormat::Xml, "鍵 <&>");
        assert!(xml.contains("<Records><Record>") && xml.contains("<Action>鍵 &lt;&amp;&gt;</Action>"), "{xml}");
    }

    #[test]
    fn no_cell_of_a_csv_file_is_a_formula() {
        let csv = file(ResultFormat::Csv, "=HYPERLINK(\"https://evil.example\")");
        assert!(csv.contains("\n\"'=HYPERLINK("), "{csv}");
        assert!(file(ResultFormat::Json, "=1").contains("\"=1\""));
    }
}
