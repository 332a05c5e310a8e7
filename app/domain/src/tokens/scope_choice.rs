//! Choosing scopes: whether an operation reads or writes, sets of scopes that are ready to choose, and the search among
//! them. All of it follows from the catalogue.

use crate::text::folded;
use crate::tokens::scope::{Category, Method, Scope, Scopes};
use strum::VariantArray;

/// The effect of an operation on the account's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It only reads them.
    Read,
    /// It adds, changes or removes some.
    Write,
}

impl Scope {
    /// Returns whether the operation reads or writes. One reads if its method is safe (RFC 9110, 9.2.1).
    #[must_use]
    pub fn access(self) -> Access {
        match self.operation().method {
            Method::Get => Access::Read,
            Method::Post | Method::Put | Method::Delete => Access::Write,
        }
    }

    /// Returns whether each word of the query, folded, is in the operation's or its category's name, in any language, or
    /// in its id, method or path.
    fn is_found_by(self, words: &[&str]) -> bool {
        let operation = self.operation();
        let (name, category) = (operation.name, operation.category.name());
        let texts =
            [name.en, name.ja, category.en, category.ja, operation.id, operation.method.as_str(), operation.path];
        let texts = texts.map(folded);
        words.iter().all(|word| texts.iter().any(|text| text.contains(word)))
    }
}

impl Scopes {
    /// Returns the scopes that a search finds; all of them if the query is blank.
    #[must_use]
    pub fn found_by(query: &str) -> Self {
        let query = folded(query);
        let words: Vec<_> = query.split_whitespace().collect();
        Scope::all().filter(|scope| scope.is_found_by(&words)).collect()
    }

    /// Returns the scopes whose operation changes nothing, so that it can be called to try a token. Those without a
    /// parameter come first.
    #[must_use]
    pub fn to_try(self) -> Vec<Scope> {
        let reading = self.iter().filter(|scope| scope.access() == Access::Read);
        let (with_parameter, mut scopes): (Vec<_>, Vec<_>) =
            reading.partition(|scope| scope.operation().parameter_name().is_some());
        scopes.extend(with_parameter);
        scopes
    }
}

/// A set of scopes for a common purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, VariantArray)]
pub enum Preset {
    /// Every operation that only reads.
    ReadOnly,
    /// Everything for reports: to run and export them, and to follow and fetch the exports, which are jobs.
    Reports,
}

impl Preset {
    /// Every preset, as pages offer them.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.first_chunk().unwrap();

    /// Returns the preset's scopes.
    #[must_use]
    pub fn scopes(self) -> Scopes {
        let belongs = |scope: &Scope| match self {
            Self::ReadOnly => scope.access() == Access::Read,
            Self::Reports => matches!(scope.category(), Category::Reports | Category::Jobs),
        };
        Scope::all().filter(belongs).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(scopes: Scopes) -> Vec<&'static str> {
        scopes.iter().map(Scope::id).collect()
    }

    #[test]
    fn reading_scopes_are_tried_and_the_simple_ones_first() {
        let to_try = |ids: &[&str]| {
            let scopes: Scopes = ids.iter().filter_map(|id| Scope::find(id)).collect();
            scopes.to_try().into_iter().map(Scope::id).collect::<Vec<_>>()
        };
        assert_eq!(
            to_try(&["getJob", "replayJob", "listJobs", "listAllReports"]),
            ["listJobs", "listAllReports", "getJob"]
        );
        assert_eq!(to_try(&["updateCompanyInformation", "createAccessToken"]), Vec::<&str>::new());
    }

    #[test]
    fn operation_reads_if_its_method_is_safe() {
        for scope in Scope::all() {
            let reads = ["list", "get", "run", "export", "download"].iter().any(|verb| scope.id().starts_with(verb));
            assert_eq!(scope.access() == Access::Read, reads, "{scope:?}");
        }
    }

    #[test]
    fn read_only_preset_has_every_reading_operation_alone() {
        let scopes = Preset::ReadOnly.scopes();
        assert!(Scope::all().all(|scope| scopes.allow(scope) == (scope.access() == Access::Read)));
    }

    #[test]
    fn report_preset_has_reports_and_the_jobs_of_their_exports() {
        let expected = [
            "listJobs",
            "getJob",
            "downloadJobResult",
            "replayJob",
            "exportReport",
            "listAllReports",
            "runReport",
            "getReportMetadata",
        ];
        assert_eq!(ids(Preset::Reports.scopes()), expected);
    }

    #[test]
    fn search_finds_names_of_both_languages_ids_and_paths() {
        assert_eq!(ids(Scopes::found_by("replay")), ["replayJob"]);
        assert_eq!(ids(Scopes::found_by("ジョブ 再実行")), ["replayJob"]);
        assert_eq!(ids(Scopes::found_by("ｼﾞｮﾌﾞ 再実行")), ["replayJob"]);
        assert_eq!(ids(Scopes::found_by("put companyinformation")), ["updateCompanyInformation"]);
        assert_eq!(ids(Scopes::found_by("MetaData")), ["getReportMetadata"]);
        assert_eq!(Scopes::found_by("nothing of the kind"), Scopes::default());
    }

    #[test]
    fn blank_search_and_a_category_find_all_of_theirs() {
        assert_eq!(Scopes::found_by(" \u{3000}").iter().count(), Scope::all().count());
        let jobs: Scopes = Category::Jobs.scopes().collect();
        assert_eq!(jobs.beyond(Scopes::found_by("jobs")), Scopes::default());
    }
}
