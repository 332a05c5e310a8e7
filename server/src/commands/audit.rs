//! `kagitaba audit verify`: checks the audit trail for tampering.

use anyhow::{Result, ensure};
use store::{AuditChain, AuditHash};

use crate::{commands::cli::AuditVerify, output::say};

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
