//! Tables on the terminal, and as CSV for `-- --csv FILE`.

use std::fs::File;
use std::io::{BufWriter, Write};

/// A table that is printed row by row in Markdown, and written as CSV when the command line has `--csv FILE`.
pub struct Report {
    csv: Option<BufWriter<File>>,
}

impl Report {
    /// The file of the command line, if it has one.
    ///
    /// # Panics
    /// When the file cannot be created.
    pub fn from_arguments() -> Self {
        let mut arguments = std::env::args().skip_while(|argument| argument != "--csv").skip(1);
        let create = |path: String| {
            let file = File::create(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
            BufWriter::new(file)
        };
        Self { csv: arguments.next().map(create) }
    }

    /// Begins a table.
    pub fn header(&mut self, columns: &[&str]) {
        self.row(&columns.iter().map(ToString::to_string).collect::<Vec<_>>());
        println!("|{}", "---|".repeat(columns.len()));
    }

    /// Adds a row.
    ///
    /// # Panics
    /// When the file cannot be written.
    pub fn row(&mut self, cells: &[String]) {
        println!("| {} |", cells.join(" | "));
        if let Some(csv) = &mut self.csv {
            writeln!(csv, "{}", cells.join(",")).expect("the CSV file can be written");
        }
    }
}
