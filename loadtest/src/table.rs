//! Tables in Markdown, the same on a terminal and in a document.

use std::fmt;

/// Rows under a header.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
    columns: Vec<Column>,
}

#[derive(Clone, Copy, PartialEq)]
enum Column {
    Text,
    Figure,
}

impl Table {
    /// A table with these columns. One whose name begins with `#` holds figures and is aligned to
    /// the right; the mark is not shown.
    pub(crate) fn new<const N: usize>(names: [&str; N]) -> Self {
        let column =
            |name: &&str| if name.starts_with('#') { Column::Figure } else { Column::Text };
        let header = names.iter().map(|name| name.trim_start_matches('#').to_owned()).collect();
        Self { columns: names.iter().map(column).collect(), rows: vec![header] }
    }

    /// Adds a row; cells beyond the columns are not shown.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default().max(3)
    }

    fn line(&self, out: &mut fmt::Formatter<'_>, row: &[String]) -> fmt::Result {
        for (index, (column, cell)) in self.columns.iter().zip(row).enumerate() {
            let width = self.width(index);
            match column {
                Column::Text => write!(out, "| {cell:<width$} ")?,
                Column::Figure => write!(out, "| {cell:>width$} ")?,
            }
        }
        writeln!(out, "|")
    }
}

impl fmt::Display for Table {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (header, rows) = self.rows.split_first().map_or((&[][..], &[][..]), |(h, r)| (h, r));
        self.line(out, header)?;
        for (index, column) in self.columns.iter().enumerate() {
            let dashes = "-".repeat(self.width(index) + 1);
            match column {
                Column::Text => write!(out, "|{dashes}-")?,
                Column::Figure => write!(out, "|{dashes}:")?,
            }
        }
        writeln!(out, "|")?;
        rows.iter().try_for_each(|row| self.line(out, row))
    }
}

/// `12345.6` with no places is `12,346`, and with one `12,345.6`.
pub(crate) fn figure(value: f64, places: usize) -> String {
    let text = format!("{value:.places$}");
    let is_zero = !text.bytes().any(|byte| (b'1'..=b'9').contains(&byte));
    let sign = if text.starts_with('-') && !is_zero { "-" } else { "" };
    let text = text.trim_start_matches('-');
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut grouped = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if !fraction.is_empty() {
        grouped.push('.');
        grouped.push_str(fraction);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_lines_up() {
        let mut table = Table::new(["target", "#requests/s"]);
        table.row(["bare".to_owned(), "9".to_owned()]);
        table.row(["bursar".to_owned(), "12,000".to_owned()]);
        let expected = "\
| target | requests/s |
|--------|-----------:|
| bare   |          9 |
| bursar |     12,000 |
";
        assert_eq!(table.to_string(), expected);
    }

    #[test]
    fn figures_are_grouped_by_thousands() {
        assert_eq!(figure(0.0, 0), "0");
        assert_eq!(figure(999.96, 1), "1,000.0");
        assert_eq!(figure(1_234_567.0, 0), "1,234,567");
        assert_eq!(figure(-1_234.5, 1), "-1,234.5");
        assert_eq!(figure(-123.0, 0), "-123");
        assert_eq!(figure(-0.4, 0), "0");
    }
}
