//! The choices of a combobox, and the search for them.

use domain::search::search_form;

/// A choice of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub(super) value: String,
    pub(super) name: String,
    pub(super) detail: String,
    /// The names by which it is found, in the form in which names are searched.
    found_by: Vec<String>,
}

impl Choice {
    /// Returns the choice of a value, which is shown as `name` with `detail` behind it. It is found by these, by its
    /// value and by the other names.
    pub fn new(value: &str, name: String, detail: String, others: &[&str]) -> Self {
        let names = [value, name.as_str(), detail.as_str()].into_iter().chain(others.iter().copied());
        let found_by = names.map(search_form).filter(|name| !name.is_empty()).collect();
        Self { value: value.to_owned(), name, detail, found_by }
    }

    /// Returns whether the text, in its search form, is one of the names.
    pub(super) fn is_named(&self, text: &str) -> bool {
        self.found_by.iter().any(|name| name == text)
    }

    /// Returns how well the text, in its search form, finds the choice; `None` if it does not.
    fn rank(&self, text: &str) -> Option<u8> {
        if self.is_named(text) {
            Some(0)
        } else if self.found_by.iter().any(|name| name.starts_with(text)) {
            Some(1)
        } else {
            self.found_by.iter().any(|name| name.contains(text)).then_some(2)
        }
    }
}

/// Returns the indexes of the choices that the text finds: first those with that name, then those with a name that begins
/// with it, then the others.
pub(super) fn found(choices: &[Choice], text: &str) -> Vec<usize> {
    let text = search_form(text.trim());
    let ranks: Vec<_> = choices.iter().map(|choice| choice.rank(&text)).collect();
    let of_rank = |rank| (0..ranks.len()).filter(|index| ranks[*index] == Some(rank)).collect::<Vec<_>>();
    [0, 1, 2].map(of_rank).concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn countries() -> Vec<Choice> {
        let country = |(value, code, en, ja): (&str, &str, &str, &str)| {
            Choice::new(value, ja.to_owned(), value.to_owned(), &[code, en])
        };
        [
            ("AUSTRALIA", "AU", "Australia", "オーストラリア"),
            ("AUSTRIA", "AT", "Austria", "オーストリア"),
            ("JAPAN", "JP", "Japan", "日本"),
            ("US", "US", "United States", "アメリカ合衆国"),
        ]
        .map(country)
        .to_vec()
    }

    fn values(text: &str) -> Vec<String> {
        let countries = countries();
        found(&countries, text).into_iter().map(|index| countries[index].value.clone()).collect()
    }

    #[test]
    fn choice_is_found_by_its_names_in_every_spelling() {
        for text in ["japan", " ＪＡＰＡＮ ", "JP", "日本", "apa"] {
            assert_eq!(values(text), ["JAPAN"], "{text}");
        }
        assert_eq!(values("ｵｰｽﾄﾘ"), ["AUSTRIA"]);
        assert_eq!(values("おーすとり"), ["AUSTRIA"]);
        assert_eq!(values("none"), [""; 0]);
    }

    #[test]
    fn choice_with_the_typed_name_comes_first() {
        assert_eq!(values("us"), ["US", "AUSTRALIA", "AUSTRIA"]);
        assert_eq!(values("a"), ["AUSTRALIA", "AUSTRIA", "JAPAN", "US"]);
        assert_eq!(values(""), ["AUSTRALIA", "AUSTRIA", "JAPAN", "US"]);
    }
}
