//! The number of changes between two contents of a form.

/// The name and the value of a control. A check box or a radio button that is not chosen is left out, as in a form that
/// is sent.
pub type Pair = (String, String);

/// Returns the number of changes from the `saved` content to the content `now`; the order of the controls is of no
/// matter.
///
/// A name that ends with `[]` is a list, of which each value that was added or removed is a change. All controls of
/// another field are one change together. `field_of` returns the field of the control of a name, for fields that have
/// several.
pub fn count(saved: &[Pair], now: &[Pair], field_of: fn(&str) -> &str) -> usize {
    let removed = saved.iter().filter(|pair| !now.contains(pair));
    let added = now.iter().filter(|pair| !saved.contains(pair));
    let mut values = 0;
    let mut fields: Vec<&str> = Vec::new();
    for (name, _) in removed.chain(added) {
        let field = field_of(name);
        if name.ends_with("[]") {
            values += 1;
        } else if !fields.contains(&field) {
            fields.push(field);
        }
    }
    values + fields.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(query: &str) -> Vec<Pair> {
        form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }

    fn field_of(name: &str) -> &str {
        if name == "day" { "end" } else { name }
    }

    fn changes(saved: &str, now: &str) -> usize {
        let count = |saved: &str, now: &str| count(&content(saved), &content(now), field_of);
        assert_eq!(count(saved, now), count(now, saved), "a change back counts the same");
        count(saved, now)
    }

    #[test]
    fn same_content_in_another_order_has_no_changes() {
        assert_eq!(changes("", ""), 0);
        assert_eq!(changes("name=a&scope[]=x&scope[]=y", "scope[]=y&name=a&scope[]=x"), 0);
    }

    #[test]
    fn each_changed_field_counts_once() {
        assert_eq!(changes("name=a&text=b", "name=&text=b"), 1);
        assert_eq!(changes("name=a&text=b", "name=b&text=a"), 2);
        assert_eq!(changes("text=a", "text=a "), 1);
    }

    #[test]
    fn choices_count_as_one_change() {
        assert_eq!(changes("radio=a", "radio=b"), 1);
        assert_eq!(changes("name=a", "name=a&box=on"), 1);
    }

    #[test]
    fn each_value_of_a_list_counts() {
        assert_eq!(changes("scope[]=x&scope[]=y", "scope[]=y&scope[]=z"), 2);
        assert_eq!(changes("name=a&scope[]=x", "name=b&scope[]=x&scope[]=y&scope[]=z"), 3);
    }

    #[test]
    fn controls_of_one_field_are_one_change() {
        assert_eq!(changes("end=30&day=", "end=date&day=2027-01-31"), 1);
        assert_eq!(changes("end=date&day=2027-01-31", "end=date&day=2027-02-01"), 1);
    }
}
