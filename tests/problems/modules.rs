//! The modules of the library depend on each other in one direction.
//!
//! A module here is a file or folder of `src`, and for the solvers a file or folder of `src/solver`. One module depends
//! on another when it names the other by a path, `crate::x::Y` or `super::Y`, or by an item that `lib.rs` exports.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::Visit;
use syn::{File, Item, UseTree};

/// The names of a module, from the root.
type Names = Vec<String>;

/// The modules that a module names.
type Graph = BTreeMap<String, BTreeSet<String>>;

/// Every Rust file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let files = files.into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs"));
    files.chain(folders.iter().flat_map(|folder| self::files(folder))).collect()
}

/// The paths that a `use` brings in, each with its last name.
fn leaves(tree: &UseTree, before: &Names, out: &mut Vec<Names>) {
    let with = |name: &dyn ToString| before.iter().cloned().chain([name.to_string()]).collect();
    match tree {
        UseTree::Path(path) => leaves(&path.tree, &with(&path.ident), out),
        UseTree::Name(name) => out.push(with(&name.ident)),
        UseTree::Rename(rename) => out.push(with(&rename.ident)),
        UseTree::Glob(_) => out.push(before.clone()),
        UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, before, out)),
    }
}

/// The paths of a file: of its `use`s, its expressions and types, and the text of its macros.
#[derive(Default)]
struct Paths(Vec<Names>);

impl<'a> Visit<'a> for Paths {
    fn visit_item_use(&mut self, item: &'a syn::ItemUse) {
        leaves(&item.tree, &Names::new(), &mut self.0);
    }
    fn visit_path(&mut self, path: &'a syn::Path) {
        self.0.push(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        syn::visit::visit_path(self, path);
    }
    fn visit_macro(&mut self, item: &'a syn::Macro) {
        let text = item.tokens.to_string().replace(' ', "");
        for path in text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')) {
            self.0.push(path.split("::").map(str::to_owned).collect());
        }
        syn::visit::visit_macro(self, item);
    }
}

/// The names that a file makes public: its own items, and where those come from that it exports.
fn exported(file: &File) -> BTreeMap<String, Names> {
    let mut names = BTreeMap::new();
    for item in &file.items {
        let own = match item {
            Item::Fn(item) => &item.sig.ident,
            Item::Struct(item) => &item.ident,
            Item::Enum(item) => &item.ident,
            Item::Trait(item) => &item.ident,
            Item::Type(item) => &item.ident,
            Item::Use(item) => {
                let mut paths = Vec::new();
                leaves(&item.tree, &Names::new(), &mut paths);
                for path in paths.into_iter().filter(|path| !path.is_empty()) {
                    names.insert(path.last().unwrap().clone(), path);
                }
                continue;
            }
            _ => continue,
        };
        names.insert(own.to_string(), Names::new());
    }
    names
}

/// The library, read from its files.
struct Library {
    /// The names from the root of each file, and what it says.
    files: Vec<(Names, File)>,
    modules: BTreeSet<String>,
    root: BTreeMap<String, Names>,
    problem: BTreeMap<String, Names>,
    solver: BTreeMap<String, Names>,
}

/// The module to which a path from the root leads.
fn module(names: &[String]) -> Option<String> {
    match names {
        [solver, part, ..] if solver == "solver" => Some(format!("solver::{part}")),
        [first, ..] => Some(first.clone()),
        [] => None,
    }
}

impl Library {
    fn read(src: &Path) -> Self {
        let read = |path: PathBuf| {
            let from_root = path.strip_prefix(src).unwrap().with_extension("");
            let names = from_root.iter().map(|name| name.to_str().unwrap().to_owned()).collect();
            (names, syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap())
        };
        let files: Vec<(Names, File)> = files(src).into_iter().map(read).collect();
        let find =
            |name: &str| exported(&files.iter().find(|(names, _)| names == &[name]).unwrap().1);
        let [root, problem, solver] = ["lib", "problem", "solver"].map(find);
        let modules = files.iter().filter_map(|(names, _)| module(names)).collect();
        Self { files, modules, root, problem, solver }
    }

    /// The module that a path within another leads to.
    fn target(&self, within: &Names, path: &[String]) -> Option<String> {
        let ups = path.iter().take_while(|name| *name == "super").count();
        let from_root = match path.first()?.as_str() {
            "crate" => path[1..].to_vec(),
            "super" => {
                let folder = &within[..within.len().checked_sub(ups)?];
                folder.iter().chain(&path[ups..]).cloned().collect()
            }
            _ => return None,
        };
        self.resolved(&from_root, 4)
    }

    /// Follows what `lib.rs`, `problem.rs` and `solver.rs` export from elsewhere.
    fn resolved(&self, path: &[String], depth: u32) -> Option<String> {
        let depth = depth.checked_sub(1)?;
        let [first, rest @ ..] = path else { return None };
        if first == "solver" {
            return match rest.first() {
                Some(part) if self.modules.contains(&format!("solver::{part}")) => module(path),
                Some(name) => match self.solver.get(name) {
                    Some(of) if !of.is_empty() => {
                        let within = ["solver".to_owned()].into_iter().chain(of.iter().cloned());
                        self.resolved(&within.collect::<Names>(), depth)
                    }
                    _ => Some("solver".to_owned()),
                },
                None => Some("solver".to_owned()),
            };
        }
        if self.modules.contains(first) {
            return Some(first.clone());
        }
        match self.root.get(first) {
            Some(of) => self.resolved(of, depth),
            None => self.problem.get(first).map(|_| "problem".to_owned()),
        }
    }

    fn graph(&self) -> Graph {
        let mut graph = Graph::new();
        for (names, file) in &self.files {
            let me = module(names).unwrap();
            // These two name everything, as they must.
            if me == "lib" || me == "guide" || me == "mpi" {
                continue;
            }
            let mut paths = Paths::default();
            paths.visit_file(file);
            let targets = paths.0.iter().filter_map(|path| self.target(names, path));
            let others = targets.filter(|other| *other != me);
            // The parent of the solvers exports its children.
            let others = others.filter(|other| !(me == "solver" && other.starts_with("solver::")));
            graph.entry(me.clone()).or_default().extend(others);
        }
        graph
    }
}

/// A way from a module back to itself, if there is one.
fn cycle(graph: &Graph) -> Option<Vec<String>> {
    fn visit(graph: &Graph, way: &mut Vec<String>, done: &mut BTreeSet<String>) -> bool {
        let here = way.last().unwrap().clone();
        for next in graph.get(&here).into_iter().flatten() {
            if let Some(start) = way.iter().position(|name| name == next) {
                way.drain(..start);
                way.push(next.clone());
                return true;
            }
            if !done.contains(next) {
                way.push(next.clone());
                if visit(graph, way, done) {
                    return true;
                }
                way.pop();
            }
        }
        done.insert(here);
        false
    }
    let mut done = BTreeSet::new();
    graph.keys().find_map(|start| {
        let mut way = vec![start.clone()];
        (!done.contains(start) && visit(graph, &mut way, &mut done)).then_some(way)
    })
}

#[test]
fn no_module_depends_on_itself_through_others() {
    let library = Library::read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../src")));
    let graph = library.graph();
    // What is known of the graph, so that a reader that sees nothing is found out.
    for (module, other) in [
        ("minimizer", "solver"),
        ("checkpoint", "stop"),
        ("oracle", "evaluator"),
        ("solver::population", "solver::descent"),
        ("solver::descent", "solver"),
        ("solver::descent", "line_search"),
        ("termination", "line_search"),
    ] {
        assert!(graph[module].contains(other), "{module} names {other}: {:?}", graph[module]);
    }
    if let Some(way) = cycle(&graph) {
        panic!("a cycle: {}", way.join(" -> "));
    }
}

#[test]
fn a_cycle_is_found() {
    let edges = [("a", "b"), ("b", "c"), ("c", "d"), ("d", "b"), ("a", "d")];
    let mut graph = Graph::new();
    for (from, to) in edges {
        graph.entry(from.to_owned()).or_default().insert(to.to_owned());
    }
    assert_eq!(cycle(&graph), Some(["b", "c", "d", "b"].map(str::to_owned).to_vec()));
    graph.get_mut("d").unwrap().clear();
    assert_eq!(cycle(&graph), None);
}
