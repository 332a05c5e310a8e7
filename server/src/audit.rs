//! `kagitaba audit verify`: whether somebody has tampered with the audit trail.

use anyhow::{Result, ensure};
use store::AuditChain;

use crate::{config::Data, output::say};

/// Prints each account's number of entries and the hash of the last.
///
/// # Errors
/// Where a chain is broken, and where the store fails.
pub async fn verify(data: &Data) -> Result<()> {
    let chains = data.open().await?.verify_audit_trail().await?;
    for chain in &chains {
        say!("{}", in_words(chain))?;
    }
    let broken: Vec<_> = chains.iter().filter(|chain| chain.fault.is_some()).map(name).collect();
    ensure!(
        broken.is_empty(),
        "the audit trail was tampered with ({}); find out who can write the database, and restore a backup beside it to \
         see what was there",
        broken.join(", ")
    );
    Ok(())
}

fn in_words(chain: &AuditChain) -> String {
    let AuditChain { entries, head, sealed, fault, .. } = chain;
    let sealed = sealed
        .map(|(at, count)| format!("\n  the first {count} are as they were found when the chain was made, {at}"))
        .unwrap_or_default();
    let found = match fault {
        None => format!("{entries} entries, head {head}"),
        Some(fault) => format!("BROKEN: {fault}\n  right until then: {entries} entries, head {head}"),
    };
    format!("{}: {found}{sealed}", name(chain))
}

fn name(chain: &AuditChain) -> String {
    chain.name.clone().unwrap_or_else(|| format!("account {}", chain.account.0))
}
