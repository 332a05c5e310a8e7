//! The target of a request: an Account SID and, below it, an operation.

use std::borrow::Cow;

use domain::tokens::scope::{Method, NoOperation, Scope};
use percent_encoding::percent_decode_str;

use super::{answer::format::Suffix, error::GateError, query::Query};

/// The parameter by which a `POST` stands for another method.
pub const METHOD: &str = "_method";

/// Returns the method that the request stands for: a `POST` may say `_method=PUT` or `_method=DELETE`, in its query or
/// its form, from which it is removed. Everything is decided by that method.
///
/// # Errors
/// [`GateError::Invalid`] for any other value, or for two that differ.
pub fn effective_method<'r>(
    method: &'r str,
    query: &mut Query,
    form: Option<&mut Query>,
) -> Result<&'r str, GateError> {
    if method != "POST" {
        return Ok(method);
    }
    let mut named = query.take(METHOD);
    named.extend(form.map(|form| form.take(METHOD)).unwrap_or_default());
    let Some(first) = named.first() else { return Ok(method) };
    let effective = ["PUT", "DELETE"].into_iter().find(|method| method == first);
    let effective = effective.filter(|method| named.iter().all(|named| named == method));
    effective.ok_or_else(|| GateError::invalid(METHOD, "send PUT or DELETE, or leave it out"))
}

/// The operation that a request names, and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The Account SID in the path, unchecked.
    pub sid: String,
    /// The operation, or `None` for `/Agencies/{AccountSID}` itself, which describes the caller and needs no scope.
    pub scope: Option<Scope>,
    /// The path segment at the parameter of the operation's path template.
    pub parameter: Option<String>,
    /// The format of the answer, if the path names one.
    pub suffix: Option<Suffix>,
}

impl Target {
    /// Reads `/Agencies/{AccountSID}/…`, percent-encoded as it came. Each segment is decoded separately, so that no
    /// encoded slash or dot leads to another resource than the one that is checked.
    ///
    /// `HEAD` is safe (RFC 9110, section 9.2.1) and has no effect, so it is not allowed where `GET` has one.
    ///
    /// # Errors
    /// [`GateError::NotFound`], [`GateError::MethodNotAllowed`].
    pub fn read(method: &str, path: &str) -> Result<Self, GateError> {
        let (path, suffix) = Suffix::split(path);
        let below = path.strip_prefix("/Agencies/").filter(|below| !below.is_empty()).ok_or(GateError::NotFound)?;
        let segments = below.split('/').map(decoded).collect::<Option<Vec<_>>>().ok_or(GateError::NotFound)?;
        let (sid, segments) = segments.split_first().ok_or(GateError::NotFound)?;
        let sid = sid.to_string();
        if segments.is_empty() {
            let known = matches!(method, "GET" | "HEAD");
            let own = Self { sid, scope: None, parameter: None, suffix };
            return if known { Ok(own) } else { Err(not_allowed(&[Method::Get], true)) };
        }
        match Scope::at(method, segments) {
            Ok((scope, _)) if method == "HEAD" && !has_head(scope) => Err(not_allowed(&[Method::Get], false)),
            Ok((scope, parameter)) => {
                Ok(Self { sid, scope: Some(scope), parameter: parameter.map(str::to_owned), suffix })
            }
            Err(NoOperation::Path) => Err(GateError::NotFound),
            Err(NoOperation::Method(methods)) => {
                let head = Scope::at("HEAD", segments).is_ok_and(|(scope, _)| has_head(scope));
                Err(not_allowed(&methods, head))
            }
        }
    }
}

/// Returns the decoded segment, or `None` if it is not UTF-8.
fn decoded(segment: &str) -> Option<Cow<'_, str>> {
    if segment.contains('%') { percent_decode_str(segment).decode_utf8().ok() } else { Some(segment.into()) }
}

/// Returns whether the operation allows `HEAD`. Exporting a report does not: its `GET` orders a job.
fn has_head(scope: Scope) -> bool {
    scope.operation().method == Method::Get && scope.id() != "exportReport"
}

/// Returns the error that names the allowed methods, with HEAD beside GET if it is allowed.
fn not_allowed(methods: &[Method], head: bool) -> GateError {
    let names = methods.iter().flat_map(|method| match method {
        Method::Get if head => vec!["GET", "HEAD"],
        other => vec![other.as_str()],
    });
    GateError::MethodNotAllowed { allow: names.collect::<Vec<_>>().join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sid_operation_and_parameter_are_read_from_the_path() {
        let target = Target::read("GET", "/Agencies/%49R1/Jobs/a%20b").unwrap();
        assert_eq!(
            (target.sid.as_str(), target.scope.map(Scope::id), target.parameter.as_deref()),
            ("IR1", Some("getJob"), Some("a b"))
        );
    }

    #[test]
    fn disguised_paths_are_not_found() {
        for path in [
            "/",
            "/Agencies",
            "/Agencies/",
            "/Agencies//",
            "/Agencies/.json",
            "/Agencies/IR1//",
            "/agencies/IR1/Jobs",
            "/Agencies/IR1//Jobs",
            "/Agencies/IR1/Jobs//",
            "/Agencies/IR1/Jobs/.json",
            "/Agencies/IR1/Jobs/1/.xml",
            "/Agencies/IR1/Jobs/..",
            "/Agencies/IR1/Jobs/%2e%2e",
            "/Agencies/IR1/Jobs/a%2f..%2fb",
            "/Agencies/IR1/./Jobs",
            "/Agencies/IR1/Jobs/%ff",
            "/Agencies/IR1/Jobs;x",
            "/Agencies/IR1/Jobs.csv",
            "/Agencies/IR1/Jobs.json.xml",
            "/Agencies/IR1/Jobs%2Ejson",
        ] {
            assert!(matches!(Target::read("GET", path), Err(GateError::NotFound)), "{path}");
        }
    }

    #[test]
    fn refused_method_lists_the_allowed_ones() {
        let error = Target::read("PATCH", "/Agencies/IR1/CompanyInformation").unwrap_err();
        assert!(matches!(error, GateError::MethodNotAllowed { allow } if allow == "GET, HEAD, PUT"));
    }

    #[test]
    fn head_is_allowed_where_get_has_no_effect() {
        for path in ["Reports/token_usage", "Jobs/1/Download", "CompanyInformation"] {
            assert!(Target::read("HEAD", &format!("/Agencies/IR1/{path}")).is_ok(), "{path}");
        }
        for method in ["HEAD", "POST"] {
            let error = Target::read(method, "/Agencies/IR1/ReportExport/token_usage").unwrap_err();
            assert!(matches!(error, GateError::MethodNotAllowed { allow } if allow == "GET"), "{method}");
        }
    }

    #[test]
    fn final_slash_and_suffix_name_the_same_operation() {
        for (path, scope, parameter, suffix) in [
            ("/Agencies/IR1/Jobs/", "listJobs", None, None),
            ("/Agencies/IR1/Jobs.json", "listJobs", None, Some(Suffix::Json)),
            ("/Agencies/IR1/Jobs/7.xml", "getJob", Some("7"), Some(Suffix::Xml)),
            ("/Agencies/IR1/Jobs/7.xml/", "getJob", Some("7"), Some(Suffix::Xml)),
            ("/Agencies/IR1/Jobs/7%2Exml", "getJob", Some("7.xml"), None),
            ("/Agencies/IR1/Jobs/7/Download.json", "downloadJobResult", Some("7"), Some(Suffix::Json)),
        ] {
            let target = Target::read("GET", path).unwrap();
            let read = (target.scope.map(Scope::id), target.parameter.as_deref(), target.suffix);
            assert_eq!(read, (Some(scope), parameter, suffix), "{path}");
        }
    }

    #[test]
    fn account_sid_alone_names_no_operation() {
        for path in ["/Agencies/IR1", "/Agencies/IR1/", "/Agencies/IR1.xml"] {
            let target = Target::read("GET", path).unwrap();
            assert_eq!((target.sid.as_str(), target.scope), ("IR1", None), "{path}");
        }
        let error = Target::read("PUT", "/Agencies/IR1").unwrap_err();
        assert!(matches!(error, GateError::MethodNotAllowed { allow } if allow == "GET, HEAD"));
    }

    #[test]
    fn only_post_may_stand_for_another_method() {
        let effective = |method: &str, query: &str, form: Option<&str>| {
            let (mut query, mut form) = (Query::read(query), form.map(Query::read));
            effective_method(method, &mut query, form.as_mut()).map(str::to_owned).map_err(|_| ())
        };
        let of = |method: &str| Ok(method.to_owned());
        assert_eq!(effective("POST", "", None), of("POST"));
        assert_eq!(effective("POST", "_method=PUT", None), of("PUT"));
        assert_eq!(effective("POST", "", Some("a=b&_method=DELETE")), of("DELETE"));
        assert_eq!(effective("POST", "_method=PUT", Some("_method=PUT")), of("PUT"));
        for method in ["GET", "HEAD", "PUT", "DELETE", "post"] {
            assert_eq!(effective(method, "_method=DELETE", Some("_method=DELETE")), of(method));
        }
        for (query, form) in
            [("_method=GET", ""), ("_method=", ""), ("_method=put", ""), ("_method=PUT", "_method=DELETE")]
        {
            assert_eq!(effective("POST", query, Some(form)), Err(()), "{query} {form}");
        }
    }

    #[test]
    fn no_path_takes_post_beside_put_or_delete() {
        // Otherwise a server behind the gate that doesn't know `_method` would carry out a POST that was not checked.
        for post in Scope::all().map(Scope::operation).filter(|operation| operation.method == Method::Post) {
            let beside = Scope::all().map(Scope::operation).filter(|operation| operation.path == post.path);
            assert!(beside.into_iter().all(|one| matches!(one.method, Method::Post | Method::Get)), "{}", post.path);
        }
    }
}
