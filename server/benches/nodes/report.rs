//! The tables, and the goals beside the figures.

use crate::{
    Figures, NODES, ROUNDS,
    faults::Fault,
    joining::{Fate, TIMES},
    measured::Measured,
    resets::Load,
};

/// A goal, and whether it is met.
struct Goal {
    name: String,
    bound: String,
    figure: String,
    is_met: bool,
}

impl Goal {
    fn at_least(name: impl Into<String>, goal: f64, figure: f64) -> Self {
        let (is_met, bound) = (figure >= goal, format!("at least {goal}"));
        Self { name: name.into(), bound, figure: format!("{figure:.2}"), is_met }
    }

    fn at_most(name: impl Into<String>, goal: f64, figure: f64) -> Self {
        let (is_met, bound) = (figure <= goal, format!("at most {goal}"));
        Self { name: name.into(), bound, figure: format!("{figure:.2}"), is_met }
    }

    fn none(name: impl Into<String>, figure: usize) -> Self {
        Self { name: name.into(), bound: "0".to_owned(), figure: figure.to_string(), is_met: figure == 0 }
    }
}

/// Prints all tables: of one node on `SQLite`, and of each number of nodes on `PostgreSQL`.
pub fn print(alone: &Figures, figures: &[Figures], faults: &[Fault], fates: &[Fate; 2]) {
    calls("GET /authorize", alone, figures, |figures| &figures.authorize);
    calls("GET …/CompanyInformation", alone, figures, |figures| &figures.company);
    resets(alone, figures);
    failing(faults);
    joining(fates);
    let mut all = throughput(alone, figures);
    all.extend(changes(alone, figures, faults));
    all.extend(membership(figures, fates));
    goals(&all);
}

/// Returns each number of nodes with its name and its figures.
fn rows<'f>(alone: &'f Figures, figures: &'f [Figures]) -> Vec<(String, &'f Figures)> {
    let name = |nodes| format!("PostgreSQL, {nodes} {}", if nodes == 1 { "node" } else { "nodes" });
    let first = [("SQLite, 1 node".to_owned(), alone)];
    first.into_iter().chain(NODES.map(name).into_iter().zip(figures)).collect()
}

fn calls(title: &str, alone: &Figures, figures: &[Figures], of: fn(&Figures) -> &Measured) {
    println!(
        "\n{title:<26}{:>9}{:>11}{:>9}{:>9}{:>14}{:>10}{:>16}{:>7}{:>9}",
        "calls/s", "of SQLite", "p50 µs", "p99 µs", "CPU µs: nodes", "database", "statements/1000", "/s", "refused"
    );
    for (name, figures) in rows(alone, figures) {
        let measured = of(figures);
        let (share, [nodes, database]) = (measured.share_of(of(alone)), measured.work());
        let [of_calls, of_seconds] = measured.statements();
        let [rate, p50, p99] = [measured.rate(), measured.at(50), measured.at(99)];
        print!("{name:<26}{rate:>9.0}{share:>11.2}{p50:>9.0}{p99:>9.0}{nodes:>14.1}{database:>10.1}");
        println!("{of_calls:>16.2}{of_seconds:>7.0}{:>9}", measured.refused());
    }
}

fn resets(alone: &Figures, figures: &[Figures]) {
    println!(
        "\n{:<46}{:>8}{:>9}{:>9}{:>9}{:>16}{:>8}",
        "Resets while calls run", "resets", "p50 ms", "p99 ms", "max ms", "old token tried", "passed"
    );
    for (index, load) in Load::ALL.into_iter().enumerate() {
        for (name, figures) in rows(alone, figures) {
            let resets = &figures.resets[index];
            println!(
                "{:<46}{:>8}{:>9.1}{:>9.1}{:>9.1}{:>16}{:>8}",
                format!("{name}, {}", load.name()),
                resets.count(),
                resets.at(50),
                resets.at(99),
                resets.at(100),
                resets.checks(),
                resets.stale
            );
        }
    }
}

fn failing(faults: &[Fault]) {
    println!(
        "\n{:<46}{:>10}{:>10}{:>24}",
        "Resets while one of 10 nodes is …", "first ms", "next ms", "old token passed there"
    );
    for Fault { name, times, stale } in faults {
        let [first, next] = times.map(|time| time.as_secs_f64() * 1e3);
        println!("{name:<46}{first:>10.0}{next:>10.0}{:>24}", usize::from(*stale));
    }
}

fn joining(fates: &[Fate; 2]) {
    println!(
        "\n{:<46}{:>8}{:>11}{:>12}{:>9}{:>7}",
        format!("{TIMES} nodes join and {TIMES} leave while calls run"),
        "passed",
        "elsewhere",
        "made again",
        "refused",
        "lost"
    );
    for (name, fate) in ["a connection for each call", "connections that are kept"].into_iter().zip(fates) {
        let Fate { passed, elsewhere, again, refused, lost } = fate;
        println!("{name:<46}{passed:>8}{elsewhere:>11}{again:>12}{refused:>9}{lost:>7}");
    }
}

fn throughput(alone: &Figures, figures: &[Figures]) -> Vec<Goal> {
    let [one, two, ..] = figures else { return Vec::new() };
    let work = |figures: &Figures| figures.authorize.work().iter().sum::<f64>();
    let company = |figures: &Figures| figures.company.share_of(&figures.authorize);
    vec![
        Goal::at_least("calls/s, PostgreSQL, 1 node, of SQLite", 0.8, one.authorize.share_of(&alone.authorize)),
        Goal::at_most("statements for 1,000 calls, 1 node", 5.0, one.authorize.statements()[0]),
        Goal::at_most("CPU for a call, 2 nodes, of 1 node (database included)", 1.1, work(two) / work(one)),
        Goal::at_least("CompanyInformation, of /authorize, SQLite", 0.5, company(alone)),
        Goal::at_least("CompanyInformation, of /authorize, PostgreSQL", 0.5, company(one)),
    ]
}

fn changes(alone: &Figures, figures: &[Figures], faults: &[Fault]) -> Vec<Goal> {
    let all = figures.iter().chain([alone]).flat_map(|figures| &figures.resets);
    let stale = all.map(|resets| resets.stale).sum::<usize>() + faults.iter().filter(|fault| fault.stale).count();
    let mut goals = vec![Goal::none("calls that passed with an old Auth Token", stale)];
    if let Some(ten) = figures.last() {
        for (resets, load) in ten.resets.iter().zip(Load::ALL) {
            goals.push(Goal::at_most(format!("reset p99 in ms, 10 nodes, {}", load.name()), 100.0, resets.at(99)));
        }
    }
    goals
}

fn membership(figures: &[Figures], fates: &[Fate; 2]) -> Vec<Goal> {
    let lost = fates.iter().map(|fate| fate.lost + fate.refused).sum();
    let mut goals = Vec::new();
    for (nodes, figures) in NODES.iter().zip(figures) {
        if let Some(idle) = figures.idle {
            goals.push(Goal::at_most(format!("statements a second of an idle node, of {nodes}"), 1.0, idle));
        }
    }
    goals.push(Goal::none("calls lost or refused while nodes join and leave", lost));
    goals
}

fn goals(goals: &[Goal]) {
    println!("\n{:<60}{:>16}{:>12}", format!("Goals ({ROUNDS} rounds)"), "goal", "measured");
    for Goal { name, bound, figure, is_met } in goals {
        println!("{name:<60}{bound:>16}{figure:>12}  {}", if *is_met { "met" } else { "missed" });
    }
}
