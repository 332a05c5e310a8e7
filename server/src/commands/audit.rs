//! `kagitaba audit verify`: checks the audit trail for tampering.

#![allow(clippy::doc_markdown)] // the doc comments of arguments are the help texts, too

use anyhow::{Result, ensure};
use clap::{Args, Subcommand};
use domain::members::user;
use store::{AuditChain, AuditHash};

use crate::{config::Data, output::say};

/// What can be done with the audit trail.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Walk every account's chain of entries: print how many there are and the hash of the last, or name the first that
    /// was altered, removed or inserted. Only reads, also a copy that can't be written. Keep what it prints elsewhere and
    /// give it with --head the next time: that a database was put back to an older copy, only a comparison tells.
    Verify(AuditVerify),
}

impl AuditCommand {
    /// Carries out the command.
    ///
    /// # Errors
    /// If the command failed.
    pub async fn run(&self) -> Result<()> {
        match self {
            Self::Verify(chains) => verify(chains).await,
        }
    }
}

/// What of the audit trail to verify.
#[derive(Debug, Clone, Args)]
pub struct AuditVerify {
    /// A hash that was noted elsewhere (from here, the audit page or a file of it): the entry that has it must be there.
    /// May be given several times.
    #[arg(long, value_name = "HEX")]
    pub head: Vec<AuditHash>,
    /// The one account, by its name [default: all].
    #[arg(long, value_name = "NAME", value_parser = user::name)]
    pub account: Option<String>,
    /// Where the data is.
    #[command(flatten)]
    pub data: Data,
}

/// Prints the number of entries and the last hash of each account. Only reads.
///
/// # Errors
/// If a chain is broken, missing or made of entries that had none, if no chain has a noted hash, if there is no such
/// account, or if the database can't be read.
pub async fn verify(AuditVerify { head, account, data }: &AuditVerify) -> Result<()> {
    let mut chains = data.verify_audit_trail(head).await?;
    if let Some(account) = account {
        chains.retain(|chain| chain.name.as_ref() == Some(account));
        ensure!(!chains.is_empty(), "there is no account `{account}`; check its name");
    }
    for chain in &chains {
        say!("{}", in_words(chain))?;
    }
    let problems = problems(&chains, head);
    ensure!(problems.is_empty(), problems.join("; and "));
    Ok(())
}

/// Returns the problems, each with what to do about it.
fn problems(chains: &[AuditChain], noted: &[AuditHash]) -> Vec<String> {
    let mut problems = Vec::new();
    let broken = names(chains, |chain| chain.fault.is_some());
    if !broken.is_empty() {
        problems.push(format!(
            "the audit trail was tampered with ({broken}); find out who can write the database, and restore a backup \
             beside it to see what was there"
        ));
    }
    let remade = names(chains, |chain| chain.fault.is_none() && chain.is_remade());
    if !remade.is_empty() {
        problems.push(format!(
            "the chain was made of entries that had none ({remade}), which is right only where Kagitaba was upgraded then \
             from a version before the chain; be sure of that, note the head, and give it with --head from now on"
        ));
    }
    for hash in noted {
        if !chains.iter().any(|chain| chain.noted.iter().any(|(_, found)| found == hash)) {
            problems.push(format!(
                "no entry has the hash {hash} that was noted elsewhere: the trail was put back to an older copy, shortened \
                 or made again since; restore a backup beside it to see what was there"
            ));
        }
    }
    problems
}

fn names(chains: &[AuditChain], wanted: impl Fn(&AuditChain) -> bool) -> String {
    chains.iter().filter(|chain| wanted(chain)).map(name).collect::<Vec<_>>().join(", ")
}

fn in_words(chain: &AuditChain) -> String {
    let AuditChain { entries, head, sealed, noted, fault, .. } = chain;
    let sealed = sealed
        .map(|(at, count)| format!("\n  the first {count} are as they were found when the chain was made, {at}"))
        .unwrap_or_default();
    let noted: String = noted.iter().map(|(number, hash)| format!("\n  entry {number} has the noted {hash}")).collect();
    let found = match fault {
        None => format!("{entries} entries, head {head}"),
        Some(fault) => format!("BROKEN: {fault}\n  right until then: {entries} entries, head {head}"),
    };
    format!("{}: {found}{sealed}{noted}", name(chain))
}

fn name(chain: &AuditChain) -> String {
    chain.name.clone().unwrap_or_else(|| format!("account {}", chain.account.0))
}
