//! Imports go down only: no room imports one above it, and no files import each other in a circle.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use syn::{
    Attribute, File, Item, ItemUse, Macro, UseTree,
    visit::{self, Visit},
};

/// The rooms from the lowest up: each may import those before it.
const ROOMS: [(&str, &str); 5] = [
    ("domain", "app/domain/src"),
    ("store", "app/store/src"),
    ("app", "app/src"),
    ("server", "server/src"),
    ("frontend", "frontend/src"),
];

/// The modules of a room and the paths that each imports, without those of its tests.
struct Room {
    imports: BTreeMap<String, Vec<Vec<String>>>,
}

impl Room {
    fn read(name: &str, folder: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
        let mut imports = BTreeMap::new();
        for file in sources(&folder) {
            let parsed: File = syn::parse_file(&fs::read_to_string(&file).unwrap()).unwrap();
            let mut paths = Paths { module: module(&folder, &file), found: Vec::new() };
            paths.visit_file(&parsed);
            imports.insert(paths.module.join("::"), paths.found);
        }
        assert!(!imports.is_empty(), "{name} has no sources");
        Self { imports }
    }

    /// Returns the modules of the room that each module imports.
    fn graph(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let edges = |module: &str, paths: &[Vec<String>]| {
            let imported = paths.iter().filter_map(|path| self.imported(module, path));
            imported.filter(|imported| *imported != module).collect()
        };
        self.imports.iter().map(|(module, paths)| (module.as_str(), edges(module, paths))).collect()
    }

    /// Returns the module of the room that a path leads to, from within this module.
    fn imported(&self, module: &str, path: &[String]) -> Option<&str> {
        if path[0] == "crate" {
            return self.longest(&path[1..]);
        }
        let own = module.split("::").filter(|name| !name.is_empty()).map(str::to_owned);
        let child: Vec<_> = own.chain(path.iter().cloned()).collect();
        self.longest(&child).filter(|found| *found != module && found.starts_with(module))
    }

    /// Returns the module that a path within the room leads to.
    fn longest(&self, path: &[String]) -> Option<&str> {
        let modules = (1..=path.len()).rev().map(|length| path[..length].join("::"));
        modules.filter_map(|module| self.imports.get_key_value(&module)).map(|(module, _)| module.as_str()).next()
    }
}

/// The paths that a file imports or names, as absolute ones.
struct Paths {
    module: Vec<String>,
    found: Vec<Vec<String>>,
}

impl Paths {
    fn add(&mut self, path: &[String]) {
        let supers = path.iter().take_while(|segment| *segment == "super").count();
        let above = if path[0] == "self" { 1 } else { supers };
        if above == 0 {
            self.found.push(path.to_vec());
        } else if let Some(kept) = self.module.len().checked_sub(supers) {
            let parent = ["crate".to_owned()].into_iter().chain(self.module[..kept].iter().cloned());
            self.found.push(parent.chain(path[above..].iter().cloned()).collect());
        }
    }

    fn add_tree(&mut self, before: &[String], tree: &UseTree) {
        let with = |name: &dyn ToString| [before, &[name.to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.add_tree(&with(&path.ident), &path.tree),
            UseTree::Name(name) => self.add(&with(&name.ident)),
            UseTree::Rename(rename) => self.add(&with(&rename.ident)),
            UseTree::Glob(_) => self.add(before),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_tree(before, tree)),
        }
    }
}

impl Visit<'_> for Paths {
    fn visit_item(&mut self, item: &Item) {
        let attributes: &[Attribute] = match item {
            Item::Mod(module) => &module.attrs,
            Item::Fn(function) => &function.attrs,
            Item::Impl(block) => &block.attrs,
            Item::Use(import) => &import.attrs,
            _ => &[],
        };
        if !attributes.iter().any(is_of_tests) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, import: &ItemUse) {
        self.add_tree(&[], &import.tree);
    }

    fn visit_path(&mut self, path: &syn::Path) {
        let segments: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if segments.len() > 1 {
            self.add(&segments);
        }
        visit::visit_path(self, path);
    }

    /// Reads the paths within a macro's input, which `syn` leaves as it is: `crate :: ui :: icon`.
    fn visit_macro(&mut self, call: &Macro) {
        let text = call.tokens.to_string();
        for rest in text.split("crate ::").skip(1) {
            let segments = rest.split("::").map(str::trim).map(|segment| {
                segment.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default().to_owned()
            });
            let path: Vec<_> = ["crate".to_owned()].into_iter().chain(segments.take(3)).collect();
            self.add(&path);
        }
    }
}

/// Returns whether the attribute is `#[cfg(test)]` or has `test` among its conditions.
fn is_of_tests(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && attribute
            .meta
            .require_list()
            .is_ok_and(|list| list.tokens.to_string().split(|c: char| !c.is_alphanumeric()).any(|word| word == "test"))
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] });
    files.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

/// Returns the path of the module in that file.
fn module(folder: &Path, file: &Path) -> Vec<String> {
    let path = file.strip_prefix(folder).unwrap().with_extension("");
    let names = path.iter().map(|name| name.to_str().unwrap().to_owned());
    names.filter(|name| !["mod", "lib", "main"].contains(&name.as_str())).collect()
}

/// Returns the groups of modules that can all be reached from one another.
fn circles<'a>(graph: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> Vec<BTreeSet<&'a str>> {
    let reachable = |from: &'a str| {
        let (mut reached, mut open) = (BTreeSet::new(), vec![from]);
        while let Some(module) = open.pop() {
            open.extend(graph[module].iter().filter(|next| reached.insert(**next)));
        }
        reached
    };
    let reached: BTreeMap<_, _> = graph.keys().map(|module| (*module, reachable(module))).collect();
    let circle = |module: &'a str| {
        reached[module].iter().copied().filter(|other| reached[other].contains(module)).collect::<BTreeSet<_>>()
    };
    let mut found: Vec<_> = graph.keys().map(|module| circle(module)).filter(|circle| circle.len() > 1).collect();
    found.sort();
    found.dedup();
    found
}

#[test]
fn rooms_import_only_rooms_below_them() {
    for (index, (name, folder)) in ROOMS.into_iter().enumerate() {
        let room = Room::read(name, folder);
        for (module, paths) in &room.imports {
            for path in paths {
                let above = ROOMS[index + 1..].iter().find(|(above, _)| path[0] == *above);
                assert!(above.is_none(), "{name}::{module} imports {}, from a room above", path.join("::"));
            }
        }
    }
}

#[test]
fn gate_and_http_know_nothing_of_the_console() {
    let server = Room::read("server", "server/src");
    let is_below = |module: &str| ["gate", "http"].contains(&module.split("::").next().unwrap_or_default());
    for (module, paths) in server.imports.iter().filter(|(module, _)| is_below(module)) {
        for path in paths {
            let is_console = path[0] == "app" || path[0] == "crate" && ["console", "oidc"].contains(&path[1].as_str());
            assert!(!is_console, "server::{module} imports {}, of the console", path.join("::"));
        }
    }
}

#[test]
fn files_import_each_other_in_no_circle() {
    for (name, folder) in ROOMS {
        let room = Room::read(name, folder);
        let circles = circles(&room.graph());
        assert!(circles.is_empty(), "{name} has circles of imports: {circles:#?}");
    }
}

#[test]
fn circles_are_found_and_chains_are_not() {
    let graph = |edges: &[(&'static str, &'static str)]| {
        let mut graph: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (from, to) in edges {
            graph.entry(from).or_default().insert(to);
            graph.entry(to).or_default();
        }
        circles(&graph)
    };
    assert!(graph(&[("a", "b"), ("b", "c"), ("a", "c")]).is_empty());
    assert_eq!(graph(&[("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")]), [BTreeSet::from(["a", "b", "c"])]);
}
