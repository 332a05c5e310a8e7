//! `kagitaba audit verify`: checks the audit trail for tampering.

#![allow(clippy::doc_markdown)] // the doc comments of arguments are the help texts, too

use anyhow::{Result, ensure};
use clap::{Args, Subcommand};
use domain::members::user;
use store::{AuditChain, AuditHash};

use crate::{config::Data, output::say};

/// The commands for the audit trail.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Check every account's chain of entries. Prints the number of entries and the hash of the last one, or the first
    /// entry that was altered, removed or inserted. It only reads, so it works on a read-only copy. Keep the hash elsewhere
    /// and pass it with --head next time: nothing else shows that the database was replaced by an older copy.
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

/// The part of the audit trail to verify.
#[derive(Debug, Clone, Args)]
pub struct AuditVerify {
    /// A hash noted earlier, from this command, the audit page or an export: the entry with this hash must still exist.
    /// Can be given several times.
    #[arg(long, value_name = "HEX")]
    pub head: Vec<AuditHash>,
    /// The account's name [default: all accounts].
    #[arg(long, value_name = "NAME", value_parser = user::name)]
    pub account: Option<String>,
    /// The location of the data.
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
        ensure!(!chains.is_empty(), "there's no account named {account}; check the name");
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
            "the audit trail was tampered with ({broken}); find out who can write to the database, and restore a backup \
             separately to see what was there"
        ));
    }
    let remade = names(chains, |chain| chain.fault.is_none() && chain.is_remade());
    if !remade.is_empty() {
        problems.push(format!(
            "the chain was created for entries without one ({remade}), which is correct only if Kagitaba was upgraded at \
             that time from a version without the chain; make sure of that, note the head, and pass it with --head from \
             now on"
        ));
    }
    for hash in noted {
        if !chains.iter().any(|chain| chain.noted.iter().any(|(_, found)| found == hash)) {
            problems.push(format!(
                "no entry has the noted hash {hash}: the trail has since been replaced by an older copy, shortened or \
                 recreated; restore a backup separately to see what was there"
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
        .map(|(at, count)| {
            format!("\n  the first {count} entries were sealed as found when the chain was created, {at}")
        })
        .unwrap_or_default();
    let noted: String =
        noted.iter().map(|(number, hash)| format!("\n  entry {number} has the noted hash {hash}")).collect();
    let found = match fault {
        None => format!("{entries} entries, head {head}"),
        Some(fault) => format!("BROKEN: {fault}\n  intact up to there: {entries} entries, head {head}"),
    };
    format!("{}: {found}{sealed}{noted}", name(chain))
}

fn name(chain: &AuditChain) -> String {
    chain.name.clone().unwrap_or_else(|| format!("account {}", chain.account.0))
}
