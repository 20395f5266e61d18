//! Every mistake of a config file, each with its line and its path.

use std::fmt;

use crate::place::Place;
use crate::tree::Node;

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line of the file, from 1.
    pub line: usize,
    /// The field, such as `providers.openai.routes[0].path`; empty for the file as a whole.
    pub path: String,
    /// What is wrong and what to do.
    pub message: String,
}

/// All the mistakes of one file, in the order of its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    file: String,
    list: Vec<Problem>,
}

impl Problems {
    pub(crate) fn new(file: &str, mut list: Vec<Problem>) -> Self {
        list.sort_by_key(|problem| problem.line);
        Self { file: file.to_owned(), list }
    }

    /// A problem of the file as a whole.
    pub(crate) fn of_file(file: &str, message: String) -> Self {
        Self::new(file, vec![Problem { line: 1, path: String::new(), message }])
    }

    /// The mistakes, in the order of their lines.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.list.iter()
    }
}

impl fmt::Display for Problems {
    /// One line each: `FILE:LINE: path.to.field: what is wrong and what to do`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, Problem { line, path, message }) in self.list.iter().enumerate() {
            let newline = if n == 0 { "" } else { "\n" };
            let colon = if path.is_empty() { "" } else { ": " };
            write!(f, "{newline}{}:{line}: {path}{colon}{message}", self.file)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// What a check writes mistakes into: it finds their lines.
pub(crate) struct Report<'a> {
    tree: &'a Node,
    list: Vec<Problem>,
}

impl<'a> Report<'a> {
    pub(crate) fn new(tree: &'a Node) -> Self {
        Self { tree, list: Vec::new() }
    }

    /// Reports a mistake at the line of its place.
    pub(crate) fn add(&mut self, place: &Place, message: impl Into<String>) {
        self.add_at(self.tree.line_of(place), place, message);
    }

    /// Reports a mistake at a line that is not that of its place.
    pub(crate) fn add_at(&mut self, line: usize, place: &Place, message: impl Into<String>) {
        self.list.push(Problem { line, path: place.to_string(), message: message.into() });
    }

    /// What was checked, or the mistake reported and nothing.
    pub(crate) fn check<T, E: fmt::Display>(
        &mut self,
        place: &Place,
        checked: Result<T, E>,
    ) -> Option<T> {
        checked.map_err(|error| self.add(place, error.to_string())).ok()
    }

    /// Everything reported, if anything was.
    pub(crate) fn into_problems(self, file: &str) -> Result<(), Problems> {
        if self.list.is_empty() { Ok(()) } else { Err(Problems::new(file, self.list)) }
    }
}
