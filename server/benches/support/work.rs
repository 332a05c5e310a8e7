//! The time that processors have worked for processes, as Linux counts it.

use std::{fs, time::Duration};

/// The numbers of `/proc/…/stat` that are of interest.
struct Stat {
    parent: u64,
    /// Hundredths of a second.
    own: u64,
    /// Hundredths of a second, of children that have ended.
    of_ended_children: u64,
}

/// Returns the time that processors have worked for this process: a number, or `self`.
pub fn of(process: &str) -> Duration {
    hundredths(stat(process).map_or(0, |stat| stat.own))
}

/// Returns the time that processors have worked for this process and its children, those that have ended included.
pub fn of_family(process: u64) -> Duration {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let children =
        processes.filter_map(|entry| stat(entry.file_name().to_str()?)).filter(|stat| stat.parent == process);
    let children: u64 = children.map(|child| child.own + child.of_ended_children).sum();
    let parent = stat(&process.to_string()).map_or(0, |stat| stat.own + stat.of_ended_children);
    hundredths(parent + children)
}

/// Returns the process that has started this one.
pub fn parent(process: u64) -> Option<u64> {
    Some(stat(&process.to_string())?.parent)
}

/// Reads the numbers after the process's name, which ends with a bracket: the second is its parent, the 12th and the
/// 13th are its time, the next two that of its ended children.
fn stat(process: &str) -> Option<Stat> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let words: Vec<_> = stat.rsplit(") ").next()?.split(' ').collect();
    let number = |index: usize| words.get(index)?.parse::<u64>().ok();
    Some(Stat { parent: number(1)?, own: number(11)? + number(12)?, of_ended_children: number(13)? + number(14)? })
}

fn hundredths(time: u64) -> Duration {
    Duration::from_millis(10 * time)
}
