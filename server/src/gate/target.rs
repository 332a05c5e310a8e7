//! What a request names: an Account SID and, below it, an operation.

use std::borrow::Cow;

use domain::scope::{Method, NoOperation, Scope};
use percent_encoding::percent_decode_str;

use super::envelope::GateError;

/// The operation that a request names, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The Account SID in the path, whatever stands there.
    pub sid: String,
    /// The operation.
    pub scope: Scope,
    /// The segment that stands for the parameter of the operation's path template.
    pub parameter: Option<String>,
}

impl Target {
    /// Reads `/Agencies/{AccountSID}/…`, percent-encoded as it came. Each segment is decoded by itself, so that no
    /// encoded slash or dot leads to another resource than the one that is checked.
    ///
    /// `HEAD` is safe (RFC 9110, section 9.2.1) and takes no effect, so there is none where `GET` has one.
    ///
    /// # Errors
    /// [`GateError::NotFound`], [`GateError::MethodNotAllowed`].
    pub fn read(method: &str, path: &str) -> Result<Self, GateError> {
        let below = path.strip_prefix("/Agencies/").ok_or(GateError::NotFound)?;
        let segments = below.split('/').map(decoded).collect::<Option<Vec<_>>>().ok_or(GateError::NotFound)?;
        let (sid, segments) = segments.split_first().ok_or(GateError::NotFound)?;
        match Scope::at(method, segments) {
            Ok((scope, _)) if method == "HEAD" && !has_head(scope) => Err(not_allowed(&[Method::Get], false)),
            Ok((scope, parameter)) => Ok(Self { sid: sid.to_string(), scope, parameter: parameter.map(str::to_owned) }),
            Err(NoOperation::Path) => Err(GateError::NotFound),
            Err(NoOperation::Method(methods)) => {
                let head = Scope::at("HEAD", segments).is_ok_and(|(scope, _)| has_head(scope));
                Err(not_allowed(&methods, head))
            }
        }
    }
}

/// What is no UTF-8 after decoding names nothing.
fn decoded(segment: &str) -> Option<Cow<'_, str>> {
    if segment.contains('%') { percent_decode_str(segment).decode_utf8().ok() } else { Some(segment.into()) }
}

/// Whether who asks for the operation's head alone gets it. To export a report is to `GET` it, and orders a job.
fn has_head(scope: Scope) -> bool {
    scope.operation().method == Method::Get && scope.id() != "exportReport"
}

/// Names the methods that there are, and HEAD beside GET if it is one.
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
            (target.sid.as_str(), target.scope.id(), target.parameter.as_deref()),
            ("IR1", "getJob", Some("a b"))
        );
    }

    #[test]
    fn paths_that_are_dressed_up_name_nothing() {
        for path in [
            "/",
            "/Agencies",
            "/Agencies/",
            "/Agencies/IR1",
            "/Agencies/IR1/",
            "/agencies/IR1/Jobs",
            "/Agencies/IR1//Jobs",
            "/Agencies/IR1/Jobs/",
            "/Agencies/IR1/Jobs/..",
            "/Agencies/IR1/Jobs/%2e%2e",
            "/Agencies/IR1/Jobs/a%2f..%2fb",
            "/Agencies/IR1/./Jobs",
            "/Agencies/IR1/Jobs/%ff",
            "/Agencies/IR1/Jobs;x",
        ] {
            assert!(matches!(Target::read("GET", path), Err(GateError::NotFound)), "{path}");
        }
    }

    #[test]
    fn a_path_without_the_method_says_which_ones_it_has() {
        let error = Target::read("PATCH", "/Agencies/IR1/CompanyInformation").unwrap_err();
        assert!(matches!(error, GateError::MethodNotAllowed { allow } if allow == "GET, HEAD, PUT"));
    }

    #[test]
    fn the_head_alone_is_there_wherever_to_get_it_changes_nothing() {
        for path in ["Reports/token_usage", "Jobs/1/Download", "CompanyInformation"] {
            assert!(Target::read("HEAD", &format!("/Agencies/IR1/{path}")).is_ok(), "{path}");
        }
        for method in ["HEAD", "POST"] {
            let error = Target::read(method, "/Agencies/IR1/ReportExport/token_usage").unwrap_err();
            assert!(matches!(error, GateError::MethodNotAllowed { allow } if allow == "GET"), "{method}");
        }
    }
}
