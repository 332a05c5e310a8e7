//! The scope catalogue: the operations of the Agency API that a token can be allowed to call, by category.
//!
//! Source: the published documents of Agency API version 3 (Advertisers, Company Information, Compliance Content, Jobs,
//! Reports); an operation's id is its `operationId` there. The category Access Tokens is Kagitaba's own. Versions 2 and
//! 3 have the same operations: a new operation does not make a new version.

use serde::{Deserialize, Serialize};
use std::fmt;
use strum::{IntoStaticStr, VariantArray};

/// A name in both of the interface's languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // language codes
pub struct Name {
    pub en: &'static str,
    pub ja: &'static str,
}

/// A group of operations: one API category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, VariantArray)]
#[allow(missing_docs)] // the published names
pub enum Category {
    Advertisers,
    CompanyInformation,
    ComplianceContent,
    Jobs,
    Reports,
    AccessTokens,
}

impl Category {
    /// Every category, as lists show them.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.first_chunk().unwrap();

    /// Returns the category's name.
    #[must_use]
    pub const fn name(self) -> Name {
        match self {
            Self::Advertisers => Name { en: "Advertisers", ja: "広告主" },
            Self::CompanyInformation => Name { en: "Company Information", ja: "会社情報" },
            Self::ComplianceContent => Name { en: "Compliance Content", ja: "コンプライアンスコンテンツ" },
            Self::Jobs => Name { en: "Jobs", ja: "ジョブ" },
            Self::Reports => Name { en: "Reports", ja: "レポート" },
            Self::AccessTokens => Name { en: "Access Tokens", ja: "アクセストークン" },
        }
    }

    /// Returns the category's scopes, in the catalogue's order.
    pub fn scopes(self) -> impl Iterator<Item = Scope> + Clone {
        Scope::all().filter(move |scope| scope.category() == self)
    }
}

/// An HTTP method that the Agency API uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "UPPERCASE")]
#[allow(missing_docs)]
pub enum Method {
    Get,
    Post,
    Put,
    Delete,
}

impl Method {
    /// Returns the method as written in a request.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The rate limit that an operation counts towards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum RateGroup {
    /// Every operation without a group of its own.
    Default,
    /// Exports of reports, which take long.
    ReportExport,
}

impl RateGroup {
    /// Every group.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.first_chunk().unwrap();

    /// Returns the group's name as stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Returns how many calls an account may make, and in how many seconds (the published rate limits: 1,000 an hour,
    /// exports 100 a day).
    #[must_use]
    pub const fn quota(self) -> (u32, u32) {
        match self {
            Self::Default => (1_000, 60 * 60),
            Self::ReportExport => (100, 24 * 60 * 60),
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
    /// The operation's display name.
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

/// The catalogue. Operations of the same category are adjacent; both API versions have all operations.
static OPERATIONS: [Operation; 25] = {
    use Category::{AccessTokens, Advertisers, CompanyInformation, ComplianceContent, Jobs, Reports};
    use Method::{Delete, Get, Post, Put};
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
        operation(
            AccessTokens,
            "listAccessTokens",
            Get,
            "/AccessTokens",
            "List access tokens",
            "アクセストークンの一覧を取得",
        ),
        operation(
            AccessTokens,
            "createAccessToken",
            Post,
            "/AccessTokens",
            "Create an access token",
            "アクセストークンを作成",
        ),
        operation(
            AccessTokens,
            "getAccessToken",
            Get,
            "/AccessTokens/{TokenId}",
            "Retrieve an access token",
            "アクセストークンを取得",
        ),
        operation(
            AccessTokens,
            "updateAccessToken",
            Put,
            "/AccessTokens/{TokenId}",
            "Update an access token",
            "アクセストークンを更新",
        ),
        operation(
            AccessTokens,
            "deleteAccessToken",
            Delete,
            "/AccessTokens/{TokenId}",
            "Delete an access token",
            "アクセストークンを削除",
        ),
        operation(
            AccessTokens,
            "resetAccessToken",
            Put,
            "/AccessTokens/{TokenId}/Reset",
            "Reset an access token",
            "アクセストークンをリセット",
        ),
        operation(
            AccessTokens,
            "enableAccessToken",
            Put,
            "/AccessTokens/{TokenId}/Enable",
            "Enable an access token",
            "アクセストークンを有効化",
        ),
        operation(
            AccessTokens,
            "disableAccessToken",
            Put,
            "/AccessTokens/{TokenId}/Disable",
            "Disable an access token",
            "アクセストークンを無効化",
        ),
        operation(
            AccessTokens,
            "listAuthTokens",
            Get,
            "/AccessTokens/{TokenId}/AuthTokens",
            "List an access token's Auth Tokens",
            "アクセストークンの認証トークンの一覧を取得",
        ),
        operation(
            AccessTokens,
            "stopOldAuthToken",
            Put,
            "/AccessTokens/{TokenId}/StopOldAuthToken",
            "Stop an access token's old Auth Token",
            "アクセストークンの古い認証トークンを停止",
        ),
    ]
};

/// One operation that a token may call. It is stored and sent as the operation's id; scopes are ordered as in the
/// catalogue.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scope(u8);

/// The catalogue has no operation with this id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` isn't an operation of the Agency API")]
pub struct UnknownScope(pub String);

impl Scope {
    /// The scope to retrieve the company profile.
    pub const GET_COMPANY_INFORMATION: Self = Self(2);
    /// The scope to retrieve an access token.
    pub const GET_ACCESS_TOKEN: Self = Self(17);

    /// Returns every scope, in the catalogue's order.
    pub fn all() -> impl Iterator<Item = Self> + Clone {
        (0..).take(OPERATIONS.len()).map(Self)
    }

    /// Returns the scope of that operation id, if there is one.
    #[must_use]
    pub fn find(id: &str) -> Option<Self> {
        Self::all().find(|scope| scope.id() == id)
    }

    /// Returns the operation that the scope allows.
    #[must_use]
    pub fn operation(self) -> &'static Operation {
        &OPERATIONS[usize::from(self.0)]
    }

    /// Returns the operation's id.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.operation().id
    }

    /// Returns the operation's category.
    #[must_use]
    pub fn category(self) -> Category {
        self.operation().category
    }

    /// Returns the rate limit that the operation counts towards. A job's replay counts as another export.
    #[must_use]
    pub fn rate_group(self) -> RateGroup {
        if matches!(self.id(), "exportReport" | "replayJob") { RateGroup::ReportExport } else { RateGroup::Default }
    }

    /// Finds the operation of a request by its method and the percent-decoded segments of its path below
    /// `/Agencies/{AccountSID}`. Also returns the segment in place of the template's parameter, if it has one. `HEAD`
    /// is treated as `GET`.
    ///
    /// # Errors
    /// [`NoOperation`].
    pub fn at<'a>(method: &str, segments: &'a [impl AsRef<str>]) -> Result<(Self, Option<&'a str>), NoOperation> {
        let here = || Self::all().filter(|scope| scope.operation().is_at(segments));
        let method = if method == "HEAD" { Method::Get.as_str() } else { method };
        if let Some(scope) = here().find(|scope| scope.operation().method.as_str() == method) {
            return Ok((scope, scope.operation().parameter(segments)));
        }
        let methods: Vec<_> = here().map(|scope| scope.operation().method).collect();
        Err(if methods.is_empty() { NoOperation::Path } else { NoOperation::Method(methods) })
    }
}

impl Operation {
    /// Returns whether the path matches the template.
    fn is_at(&self, segments: &[impl AsRef<str>]) -> bool {
        let template = &self.path[1..];
        // A quick check that rules out most operations.
        if segments.first().is_none_or(|first| !template.starts_with(first.as_ref())) {
            return false;
        }
        let mut template = template.split('/');
        // A parameter is never a segment that could lead to another path.
        let names = |segment: &str| !matches!(segment, "" | "." | "..") && !segment.contains(['/', '\\']);
        let fits =
            |expected: &str, segment| if expected.starts_with('{') { names(segment) } else { expected == segment };
        let mut segments = segments.iter().map(AsRef::as_ref);
        let all_fit = segments.all(|segment| template.next().is_some_and(|expected| fits(expected, segment)));
        all_fit && template.next().is_none()
    }

    /// Returns the name of the path's parameter, if it has one.
    #[must_use]
    pub fn parameter_name(&self) -> Option<&'static str> {
        let (_, parameter) = self.path.split_once('{')?;
        parameter.split_once('}').map(|(name, _)| name)
    }

    /// Returns the path with this value, which is percent-encoded already, in place of its parameter.
    #[must_use]
    pub fn path_with(&self, value: &str) -> String {
        self.parameter_name()
            .map_or_else(|| self.path.to_owned(), |name| self.path.replace(&format!("{{{name}}}"), value))
    }

    /// Returns the segment in place of the template's parameter, if it has one.
    fn parameter<'a>(&self, segments: &'a [impl AsRef<str>]) -> Option<&'a str> {
        let index = self.path[1..].split('/').position(|expected| expected.starts_with('{'))?;
        segments.get(index).map(AsRef::as_ref)
    }
}

/// The reason why a request matches no operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoOperation {
    /// No operation has this path.
    Path,
    /// The operations with this path have other methods: these.
    Method(Vec<Method>),
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

/// The scopes of a token. They are stored as a list of operation ids, in the catalogue's order and without duplicates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Vec<Scope>", into = "Vec<Scope>")]
pub struct Scopes(u32);

const _: () = assert!(OPERATIONS.len() <= u32::BITS as usize, "a bit for each operation");

impl Scopes {
    /// Returns whether the scopes allow the operation.
    #[must_use]
    pub fn allow(self, scope: Scope) -> bool {
        self.0 & (1 << scope.0) != 0
    }

    /// Returns whether the scopes allow nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0 == 0
    }

    /// Returns a number with a bit for each operation that they allow. It means the same as long as the catalogue does
    /// not change, so it is not for storage.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Returns the scopes of this number. Bits beyond the catalogue are left out.
    #[must_use]
    pub fn from_bits(bits: u32) -> Self {
        Self(bits).iter().collect()
    }

    /// Returns those of these scopes that are not among the others.
    #[must_use]
    pub fn beyond(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// Returns the scopes in the catalogue's order.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::all().filter(move |scope| self.allow(*scope))
    }

    /// Returns a summary of the scopes: each category with allowed operations, their number, and the number of all its
    /// operations.
    #[must_use]
    pub fn by_category(self) -> Vec<(Category, usize, usize)> {
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

/// Writes the operation ids, separated by commas.
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iter().map(Scope::id).collect::<Vec<_>>().join(", "))
    }
}

impl From<Vec<Scope>> for Scopes {
    fn from(scopes: Vec<Scope>) -> Self {
        scopes.into_iter().collect()
    }
}

impl From<Scopes> for Vec<Scope> {
    fn from(scopes: Scopes) -> Self {
        scopes.iter().collect()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | 1 << scope.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn replay_counts_as_a_report_export() {
        let exports: Vec<_> = Scope::all().filter(|scope| scope.rate_group() == RateGroup::ReportExport).collect();
        assert_eq!(exports.iter().map(|scope| scope.id()).collect::<Vec<_>>(), ["replayJob", "exportReport"]);
    }

    #[test]
    fn ids_and_routes_are_unique_and_categories_stand_together() {
        let ids: BTreeSet<_> = Scope::all().map(Scope::id).collect();
        let routes: BTreeSet<_> = Scope::all().map(|s| (s.operation().method.as_str(), s.operation().path)).collect();
        assert_eq!((ids.len(), routes.len()), (OPERATIONS.len(), OPERATIONS.len()));
        assert!(Scope::all().map(Scope::category).is_sorted());
    }

    #[test]
    fn path_has_the_value_in_place_of_its_parameter() {
        let operation = |id| Scope::find(id).unwrap().operation();
        assert_eq!(operation("downloadJobResult").parameter_name(), Some("JobId"));
        assert_eq!(operation("downloadJobResult").path_with("a%2Fb"), "/Jobs/a%2Fb/Download");
        assert_eq!(operation("listJobs").parameter_name(), None);
        assert_eq!(operation("listJobs").path_with("a"), "/Jobs");
    }

    #[test]
    fn every_scope_is_found_again_by_its_id() {
        for scope in Scope::all() {
            assert_eq!(Scope::find(scope.id()), Some(scope));
        }
        assert_eq!(Scope::try_from("*".to_owned()), Err(UnknownScope("*".to_owned())));
        assert_eq!(Scope::GET_COMPANY_INFORMATION.id(), "getCompanyInformation");
        assert_eq!(Scope::GET_ACCESS_TOKEN.id(), "getAccessToken");
    }

    #[test]
    fn a_request_names_its_operation_by_method_and_path() {
        let at = |method, path: &str| {
            let segments: Vec<_> = path.split('/').collect();
            Scope::at(method, &segments).map(|(scope, parameter)| (scope.id(), parameter.map(str::to_owned)))
        };
        assert_eq!(at("GET", "Jobs"), Ok(("listJobs", None)));
        assert_eq!(at("HEAD", "Jobs/81258bc5"), Ok(("getJob", Some("81258bc5".into()))));
        assert_eq!(at("PUT", "Jobs/81258bc5/Replay"), Ok(("replayJob", Some("81258bc5".into()))));
        assert_eq!(at("GET", "Reports/x/MetaData"), Ok(("getReportMetadata", Some("x".into()))));
        let submission = "Compliance/Content/ComplianceAPISubmissions/Response/a";
        assert_eq!(at("GET", submission), Ok(("getComplianceSubmissionResults", Some("a".into()))));
        assert_eq!(at("POST", "Jobs"), Err(NoOperation::Method(vec![Method::Get])));
        assert_eq!(at("get", "Jobs"), Err(NoOperation::Method(vec![Method::Get])));
        assert_eq!(
            at("PATCH", "AccessTokens/1"),
            Err(NoOperation::Method(vec![Method::Get, Method::Put, Method::Delete]))
        );
        for path in ["", "jobs", "Jobs/", "Jobs//Replay", "Jobs/..", "Jobs/a/b", "Jobs/./Replay"] {
            assert_eq!(at("GET", path), Err(NoOperation::Path), "{path}");
        }
        assert_eq!(Scope::at("GET", &["Jobs", "a/../b"]), Err(NoOperation::Path));
    }

    #[test]
    fn methods_and_rate_groups_have_their_names() {
        let methods = [Method::Get, Method::Post, Method::Put, Method::Delete];
        assert_eq!(methods.map(<&str>::from), ["GET", "POST", "PUT", "DELETE"]);
        assert_eq!(RateGroup::ALL.map(<&str>::from), ["default", "report_export"]);
    }

    #[test]
    fn every_template_leads_to_its_own_operation() {
        for scope in Scope::all() {
            let operation = scope.operation();
            let segments: Vec<_> = operation.path[1..].split('/').map(|s| s.trim_matches(['{', '}'])).collect();
            assert_eq!(Scope::at(operation.method.as_str(), &segments).map(|(scope, _)| scope), Ok(scope));
        }
    }

    #[test]
    fn beyond_returns_the_scopes_that_others_lack() {
        let of = |ids: &[&str]| ids.iter().filter_map(|id| Scope::find(id)).collect::<Scopes>();
        assert_eq!(of(&["getJob", "listJobs"]).beyond(of(&["getJob", "runReport"])), of(&["listJobs"]));
    }

    #[test]
    fn scopes_are_stored_in_order_without_duplicates() {
        let ids = r#"["getJob","listJobs","getJob","listAdvertisers"]"#;
        let scopes: Scopes = serde_json::from_str(ids).unwrap();
        assert_eq!(serde_json::to_string(&scopes).unwrap(), r#"["listAdvertisers","listJobs","getJob"]"#);
        assert!(scopes.allow(Scope::find("getJob").unwrap()) && !scopes.allow(Scope::GET_COMPANY_INFORMATION));
    }

    #[test]
    fn bits_stand_for_the_scopes_of_the_catalogue() {
        let all: Scopes = Scope::all().collect();
        let [jobs, none] = [Scope::find("listJobs").into_iter().collect(), Scopes::default()];
        for scopes in [all, jobs, none] {
            assert_eq!(Scopes::from_bits(scopes.bits()), scopes);
        }
        assert_eq!(Scopes::from_bits(u32::MAX), all);
    }

    #[test]
    fn summary_counts_operations_by_category() {
        let scopes: Scopes = ["listJobs", "getJob", "listAdvertisers"].into_iter().filter_map(Scope::find).collect();
        assert_eq!(scopes.by_category(), [(Category::Advertisers, 1, 2), (Category::Jobs, 2, 4)]);
    }
}
