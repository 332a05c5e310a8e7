//! The worker that makes reports into files: one after the other, each in a task of its own.

use std::{convert::Infallible, time::Duration};

use domain::{
    job::JobStatus,
    report::{self, Export, ResultFormat},
};
use serde_json::Value;
use store::{ClaimedJob, Store};
use tokio::{task::spawn_blocking, time::sleep};

use super::{
    records::{self, Record},
    xml,
};

/// Largest file in bytes; the database takes no values beyond 1 GB.
const RESULT_MAX: usize = 256 << 20;
/// How long to wait after the database has failed.
const PAUSE: Duration = Duration::from_secs(5);

/// Goes on for ever, beginning with the jobs that the server had not finished when it ended.
pub async fn work(store: Store) {
    loop {
        let Err(error) = until_failure(&store).await;
        tracing::warn!(%error, "jobs could not be worked on; that will be tried again");
        sleep(PAUSE).await;
    }
}

async fn until_failure(store: &Store) -> Result<Infallible, store::Error> {
    store.take_up_jobs().await?;
    loop {
        match store.claim_job().await? {
            Some(job) => carry_out(store, job).await?,
            None => store.job_queued().await,
        }
    }
}

/// Does the job and writes down what became of it.
async fn carry_out(store: &Store, job: ClaimedJob) -> Result<(), store::Error> {
    let made = tokio::spawn(make(store.clone(), job)).await.map_err(anyhow::Error::from).flatten();
    match made {
        Ok(file) if file.len() > RESULT_MAX => {
            let problem = format!("The file would be larger than {} MiB; export fewer days.", RESULT_MAX >> 20);
            store.fail_job(&job, JobStatus::Failed, &problem).await
        }
        Ok(file) => store.complete_job(&job, &file).await,
        Err(error) => {
            tracing::error!(%error, job = %job.id.0, "a job failed");
            store.fail_job(&job, JobStatus::Error, "Something went wrong on the server; replay the job later.").await
        }
    }
}

async fn make(store: Store, job: ClaimedJob) -> anyhow::Result<Vec<u8>> {
    let Export { report, period, .. } = job.export;
    let records = records::read(&store, job.account, report, period).await?;
    store.note_progress(&job, records.len() as u64, 50).await?;
    spawn_blocking(move || written(job.export, records)).await?
}

fn written(Export { report, format, .. }: Export, records: Vec<Record>) -> anyhow::Result<Vec<u8>> {
    let objects = |records: Vec<Record>| records.into_iter().map(|record| records::object(report, record)).collect();
    Ok(match format {
        ResultFormat::Csv => {
            let mut csv = csv::Writer::from_writer(Vec::new());
            csv.write_record(report.attributes().iter().map(|attribute| attribute.name))?;
            for record in records {
                csv.write_record(record.iter().map(|text| report::cell(text).into_owned()))?;
            }
            csv.into_inner()?
        }
        ResultFormat::Json => serde_json::to_vec(&Value::Array(objects(records)))?,
        ResultFormat::Xml => xml::document("Records", &Value::Array(objects(records))).into_bytes(),
    })
}

#[cfg(test)]
mod tests {
    use domain::report::{Period, Report};

    use super::*;

    fn file(format: ResultFormat, text: &str) -> String {
        let day = "2026-05-01".parse().unwrap();
        let export = Export { report: Report::AuditLog, period: Period { from: day, to: day }, format };
        String::from_utf8(written(export, vec![vec![text.to_owned(); 5]]).unwrap()).unwrap()
    }

    #[test]
    fn a_file_of_each_format_holds_the_same_texts() {
        let csv = file(ResultFormat::Csv, "鍵, \"束\"\nb");
        assert!(csv.starts_with("Time,Actor,Action,TokenId,Details\n\"鍵, \"\"束\"\"\nb\","), "{csv}");
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
