//! Query parameters, for checks and for the `OpenAPI` document.

use serde_json::{Value, json};

use super::{
    error::{FieldError, GateError},
    query::Query,
    version,
};

/// The maximum and default number of items on a page.
pub const SIZE: u32 = 1_000;

/// A parameter, by its name in the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parameter {
    /// `Page`, counted from 1.
    Page,
    /// `PageSize`.
    PageSize,
    /// A day.
    Date(&'static str),
    /// One of a few values, with a description.
    OneOf(&'static str, &'static [&'static str], &'static str),
    /// Any text, with a description.
    Text(&'static str, &'static str),
}

use Parameter::{Date, OneOf, Page, PageSize, Text};

impl Parameter {
    /// Returns the parameter's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Page => "Page",
            PageSize => "PageSize",
            Date(name) | OneOf(name, ..) | Text(name, _) => name,
        }
    }

    /// Returns the parameter's description for the document.
    #[must_use]
    pub fn described(self) -> Value {
        let mut described = json!({ "name": self.name(), "in": "query", "schema": self.schema() });
        let text = match self {
            Page => "The page. Lists are in the order of creation, oldest first; pages after the last are empty.",
            PageSize => "The number of items on a page, at most 1,000. `X-Page-Size` returns the number used.",
            Text(_, text) | OneOf(_, _, text) => text,
            Date(_) => return described,
        };
        described["description"] = text.into();
        described
    }

    fn schema(self) -> Value {
        match self {
            Page => json!({ "type": "integer", "minimum": 1, "default": 1 }),
            PageSize => json!({ "type": "integer", "minimum": 1, "default": SIZE }),
            Date(_) => json!({ "type": "string", "format": "date" }),
            OneOf(_, values, _) => json!({ "type": "string", "enum": values }),
            Text(..) => json!({ "type": "string" }),
        }
    }
}

/// Checks that each parameter of the query is known and comes once: a misspelt filter would not filter.
///
/// # Errors
/// [`GateError::Invalid`], which names the others.
pub fn check(query: &Query, known: &[&[Parameter]]) -> Result<(), GateError> {
    let mut seen: Vec<&str> = Vec::new();
    let mut errors = Vec::new();
    for (name, _) in query.pairs().filter(|(name, _)| !version::is_parameter(name)) {
        let message = if !known.iter().copied().flatten().any(|parameter| parameter.name() == name) {
            there_are(known)
        } else if seen.contains(&name) {
            "send it once".to_owned()
        } else {
            seen.push(name);
            continue;
        };
        errors.push(FieldError { field: name.to_owned(), message });
    }
    if errors.is_empty() { Ok(()) } else { Err(GateError::Invalid(errors)) }
}

fn there_are(known: &[&[Parameter]]) -> String {
    let names = known.iter().copied().flatten().map(|parameter| parameter.name()).chain([version::PARAMETER]);
    format!("there's no such parameter; this operation takes {}", names.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(query: &str) -> Vec<String> {
        match check(&Query::read(query), &[&[Page], &[Date("Day")]]) {
            Ok(()) => Vec::new(),
            Err(GateError::Invalid(errors)) => errors.into_iter().map(|error| error.field).collect(),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn unknown_and_repeated_parameters_are_named() {
        assert!(wrong("").is_empty() && wrong("Page=x&Day=&Ir-Version=2&IRVERSION=3").is_empty());
        assert_eq!(wrong("page=1&Page=1&Dai=2&Day=1&Day=1"), ["page", "Dai", "Day"]);
        assert_eq!(there_are(&[&[Page]]), "there's no such parameter; this operation takes Page, IrVersion");
    }
}
