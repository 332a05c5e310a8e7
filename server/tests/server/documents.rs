//! The documents at the top of the tree are up to date.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Reads a file of the workspace.
fn read(path: impl AsRef<Path>) -> String {
    let path = workspace().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Appends the content of all files with that extension below a folder.
fn read_below(folder: &Path, extension: &str, content: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_foreign = path.ends_with("node_modules") || path.ends_with("target");
        if path.is_dir() && !is_foreign {
            read_below(&path, extension, content);
        } else if path.extension().is_some_and(|it| it == extension) {
            content.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

/// Returns the names in backticks in the last column of the tables whose last heading is this one.
fn last_cells(document: &str, heading: &str) -> Vec<String> {
    let (mut within, mut names) = (false, Vec::new());
    for line in document.lines() {
        let Some(cells) = line.strip_prefix('|') else {
            within = false;
            continue;
        };
        let last = cells.trim_end_matches('|').rsplit('|').next().unwrap_or_default();
        if last.trim() == heading {
            within = true;
        } else if within && !last.contains("---") {
            let quoted: Vec<_> = last.split('`').skip(1).step_by(2).map(str::to_owned).collect();
            assert!(!quoted.is_empty(), "the row names no test: {line}");
            names.extend(quoted);
        }
    }
    names
}

#[test]
fn security_document_names_tests_that_exist() {
    let names = last_cells(&read("SECURITY.md"), "Test");
    assert!(names.len() > 20, "the table was not found");
    let (mut rust, mut specs) = (String::new(), String::new());
    for room in ["app", "server"] {
        read_below(&workspace().join(room), "rs", &mut rust);
    }
    read_below(&workspace().join("end2end"), "ts", &mut specs);
    for name in names {
        let is_a_title = name.contains(' ');
        let exists =
            if is_a_title { specs.contains(&format!("'{name}'")) } else { rust.contains(&format!("fn {name}(")) };
        assert!(exists, "SECURITY.md names a test that does not exist: {name}");
    }
}
