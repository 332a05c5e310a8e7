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

/// Asserts that each test exists that the tables of a document name in their column `Test`.
fn assert_tests_exist(document: &str, at_least: usize) {
    let names = last_cells(&read(document), "Test");
    assert!(names.len() >= at_least, "{document}: the table was not found");
    let (mut rust, mut specs) = (String::new(), String::new());
    for room in ["app", "server"] {
        read_below(&workspace().join(room), "rs", &mut rust);
    }
    read_below(&workspace().join("end2end"), "ts", &mut specs);
    for name in names {
        let is_a_title = name.contains(' ');
        let exists =
            if is_a_title { specs.contains(&format!("'{name}'")) } else { rust.contains(&format!("fn {name}(")) };
        assert!(exists, "{document} names a test that does not exist: {name}");
    }
}

/// The lines of a document outside its code blocks.
fn prose(document: &str) -> Vec<&str> {
    let mut is_code = false;
    let outside = |line: &&str| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    };
    document.lines().filter(outside).collect()
}

/// Returns whether a name in backticks is the path of a file of the workspace, there or not.
fn is_path(name: &str) -> bool {
    const ROOMS: [&str; 5] = ["app", "frontend", "server", "style", "end2end"];
    let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    let (first, file) = (name.split('/').next().unwrap_or_default(), name.rsplit('/').next().unwrap_or_default());
    is_plain && name.contains('/') && ROOMS.contains(&first) && file.contains('.')
}

#[test]
fn security_document_names_tests_that_exist() {
    assert_tests_exist("SECURITY.md", 20);
}

#[test]
fn architecture_names_tests_that_exist() {
    assert_tests_exist("ARCHITECTURE.md", 10);
}

#[test]
fn documents_name_files_that_exist() {
    for (document, at_least) in [("CONTRIBUTING.md", 30), ("ARCHITECTURE.md", 1)] {
        let text = read(document);
        let lines = prose(&text);
        let paths: Vec<_> =
            lines.iter().flat_map(|line| line.split('`').skip(1).step_by(2)).filter(|it| is_path(it)).collect();
        assert!(paths.len() >= at_least, "{document} names no files");
        for path in paths {
            assert!(workspace().join(path).exists(), "{document} names a file that does not exist: {path}");
        }
    }
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut documents: Vec<_> =
        fs::read_dir(workspace().join("server/manual")).unwrap().map(|it| it.unwrap().path()).collect();
    documents.extend(["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"].map(|it| workspace().join(it)));
    for document in documents {
        let text = read(&document);
        for line in prose(&text) {
            for link in line.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
                let file = link.split('#').next().unwrap_or_default();
                let is_elsewhere = link.contains("://") || file.is_empty();
                let target = document.parent().unwrap().join(file);
                assert!(is_elsewhere || target.exists(), "{}: {link} leads nowhere", document.display());
            }
        }
    }
}

#[test]
fn readme_has_at_most_100_lines() {
    assert!(read("README.md").lines().count() <= 100);
}
