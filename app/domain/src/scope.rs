//! The scope catalogue: which operations of the Agency API a token can be allowed, by category.
//!
//! Source: the published documents of Agency API version 3 (Advertisers, Company Information, Compliance Content,
//! Jobs, Reports); an operation's id is its `operationId` there.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A name in both of the interface's languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // language codes
pub struct Name {
    pub en: &'static str,
    pub ja: &'static str,
}

/// A group of operations, one API category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // the published names
pub enum Category {
    Advertisers,
    CompanyInformation,
    ComplianceContent,
    Jobs,
    Reports,
}

impl Category {
    /// Every category, as lists show them.
    pub const ALL: [Self; 5] =
        [Self::Advertisers, Self::CompanyInformation, Self::ComplianceContent, Self::Jobs, Self::Reports];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> Name {
        match self {
            Self::Advertisers => Name { en: "Advertisers", ja: "広告主" },
            Self::CompanyInformation => Name { en: "Company Information", ja: "会社情報" },
            Self::ComplianceContent => Name { en: "Compliance Content", ja: "コンプライアンスコンテンツ" },
            Self::Jobs => Name { en: "Jobs", ja: "ジョブ" },
            Self::Reports => Name { en: "Reports", ja: "レポート" },
        }
    }

    /// Its scopes, in the catalogue's order.
    pub fn scopes(self) -> impl Iterator<Item = Scope> + Clone {
        Scope::all().filter(move |scope| scope.category() == self)
    }
}

/// An HTTP method that the Agency API uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Method {
    Get,
    Post,
    Put,
}

impl Method {
    /// As it stands in a request.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }
}

/// One operation of the Agency API.
#[derive(Debug)]
pub struct Operation {
    /// The `operationId` of the published documents.
    pub id: &'static str,
    /// The group it belongs to.
    pub category: Category,
    /// The HTTP method.
    pub method: Method,
    /// The path template below `/Agencies/{AccountSID}`.
    pub path: &'static str,
    /// What people call it.
    pub name: Name,
}

const fn operation(
    category: Category,
    id: &'static str,
    method: Method,
    path: &'static str,
    en: &'static str,
    ja: &'static str,
) -> Operation {
    Operation { id, category, method, path, name: Name { en, ja } }
}

/// The catalogue. Operations of one category stand together; both API versions have them all.
static OPERATIONS: [Operation; 15] = {
    use Category::{Advertisers, CompanyInformation, ComplianceContent, Jobs, Reports};
    use Method::{Get, Post, Put};
    [
        operation(Advertisers, "listAdvertisers", Get, "/Advertisers", "List advertisers", "広告主の一覧を取得"),
        operation(
            Advertisers,
            "getAdvertiser",
            Get,
            "/Advertisers/{AdvertiserId}",
            "Retrieve an advertiser",
            "広告主を取得",
        ),
        operation(
            CompanyInformation,
            "getCompanyInformation",
            Get,
            "/CompanyInformation",
            "Retrieve company information",
            "会社情報を取得",
        ),
        operation(
            CompanyInformation,
            "updateCompanyInformation",
            Put,
            "/CompanyInformation",
            "Update company information",
            "会社情報を更新",
        ),
        operation(
            ComplianceContent,
            "createComplianceContent",
            Post,
            "/Compliance/Content",
            "Submit compliance content",
            "コンプライアンスコンテンツを送信",
        ),
        operation(
            ComplianceContent,
            "getComplianceSubmissionStatus",
            Get,
            "/Compliance/Content/ComplianceAPISubmissions/{Id}",
            "Retrieve a submission's status",
            "送信のステータスを取得",
        ),
        operation(
            ComplianceContent,
            "getComplianceSubmissionResults",
            Get,
            "/Compliance/Content/ComplianceAPISubmissions/Response/{Id}",
            "Retrieve a submission's results",
            "送信の結果を取得",
        ),
        operation(Jobs, "listJobs", Get, "/Jobs", "List jobs", "ジョブの一覧を取得"),
        operation(Jobs, "getJob", Get, "/Jobs/{JobId}", "Retrieve a job", "ジョブを取得"),
        operation(
            Jobs,
            "downloadJobResult",
            Get,
            "/Jobs/{JobId}/Download",
            "Download a job's result",
            "ジョブの結果をダウンロード",
        ),
        operation(Jobs, "replayJob", Put, "/Jobs/{JobId}/Replay", "Replay a job", "ジョブを再実行"),
        operation(
            Reports,
            "exportReport",
            Get,
            "/ReportExport/{ReportId}",
            "Export a report",
            "レポートをエクスポート",
        ),
        operation(Reports, "listAllReports", Get, "/Reports", "List reports", "レポートの一覧を取得"),
        operation(Reports, "runReport", Get, "/Reports/{ReportId}", "Run a report", "レポートを実行"),
        operation(
            Reports,
            "getReportMetadata",
            Get,
            "/Reports/{ReportId}/MetaData",
            "Retrieve a report's metadata",
            "レポートのメタデータを取得",
        ),
    ]
};

/// One operation as a right that a token has. At rest and in messages it is the operation's id; scopes are ordered as
/// the catalogue is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scope(u8);

/// The catalogue has no operation of that id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no operation of the Agency API")]
pub struct UnknownScope(pub String);

impl Scope {
    /// Retrieve the company profile.
    pub const GET_COMPANY_INFORMATION: Self = Self(2);

    /// Every scope, in the catalogue's order.
    pub fn all() -> impl Iterator<Item = Self> + Clone {
        (0..).take(OPERATIONS.len()).map(Self)
    }

    /// The scope of that operation id, if there is one.
    #[must_use]
    pub fn find(id: &str) -> Option<Self> {
        Self::all().find(|scope| scope.id() == id)
    }

    /// What it allows.
    #[must_use]
    pub fn operation(self) -> &'static Operation {
        &OPERATIONS[usize::from(self.0)]
    }

    /// The operation's id.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.operation().id
    }

    /// The operation's category.
    #[must_use]
    pub fn category(self) -> Category {
        self.operation().category
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl TryFrom<String> for Scope {
    type Error = UnknownScope;

    fn try_from(id: String) -> Result<Self, UnknownScope> {
        Self::find(&id).ok_or(UnknownScope(id))
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.id().to_owned()
    }
}

/// A token's scopes: in the catalogue's order, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Scope>")]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// Whether the operation is allowed.
    #[must_use]
    pub fn allow(&self, scope: Scope) -> bool {
        self.0.binary_search(&scope).is_ok()
    }

    /// Whether nothing is allowed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The scopes, in order.
    pub fn iter(&self) -> impl Iterator<Item = Scope> + '_ {
        self.0.iter().copied()
    }

    /// The scopes in short: each category of which something is allowed, how many operations are, and of how many.
    #[must_use]
    pub fn by_category(&self) -> Vec<(Category, usize, usize)> {
        Category::ALL
            .into_iter()
            .map(|category| {
                let allowed = self.iter().filter(|scope| scope.category() == category).count();
                (category, allowed, category.scopes().count())
            })
            .filter(|(_, allowed, _)| *allowed > 0)
            .collect()
    }
}

impl From<Vec<Scope>> for Scopes {
    fn from(mut scopes: Vec<Scope>) -> Self {
        scopes.sort_unstable();
        scopes.dedup();
        Self(scopes)
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self::from(scopes.into_iter().collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn ids_and_routes_are_unique_and_categories_stand_together() {
        let ids: BTreeSet<_> = Scope::all().map(Scope::id).collect();
        let routes: BTreeSet<_> = Scope::all().map(|s| (s.operation().method.as_str(), s.operation().path)).collect();
        assert_eq!((ids.len(), routes.len()), (OPERATIONS.len(), OPERATIONS.len()));
        assert!(Scope::all().map(Scope::category).is_sorted());
    }

    #[test]
    fn every_scope_is_found_again_by_its_id() {
        for scope in Scope::all() {
            assert_eq!(Scope::find(scope.id()), Some(scope));
        }
        assert_eq!(Scope::try_from("*".to_owned()), Err(UnknownScope("*".to_owned())));
        assert_eq!(Scope::GET_COMPANY_INFORMATION.id(), "getCompanyInformation");
    }

    #[test]
    fn scopes_are_kept_in_order_and_once() {
        let ids = r#"["getJob","listJobs","getJob","listAdvertisers"]"#;
        let scopes: Scopes = serde_json::from_str(ids).unwrap();
        assert_eq!(serde_json::to_string(&scopes).unwrap(), r#"["listAdvertisers","listJobs","getJob"]"#);
        assert!(scopes.allow(Scope::find("getJob").unwrap()) && !scopes.allow(Scope::GET_COMPANY_INFORMATION));
    }

    #[test]
    fn the_short_form_counts_by_category() {
        let scopes: Scopes = ["listJobs", "getJob", "listAdvertisers"].into_iter().filter_map(Scope::find).collect();
        assert_eq!(scopes.by_category(), [(Category::Advertisers, 1, 2), (Category::Jobs, 2, 4)]);
    }
}
