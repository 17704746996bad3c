//! The predictors of a fit.

use crate::Error;

/// The predictors of m data points: k numbers for each. Made of slices by [`IntoColumns`].
#[derive(Clone, Debug, PartialEq)]
pub struct Columns {
    /// Point by point.
    values: Vec<f64>,
    columns: usize,
}

impl Columns {
    /// From k columns of the same length.
    ///
    /// # Errors
    /// [`Error::Fit`] for no column, and for columns of different lengths; [`Error::Data`] for a number that is not
    /// finite.
    pub fn new(columns: &[&[f64]]) -> Result<Self, Error> {
        let Some(first) = columns.first() else {
            return Err(Error::Fit { reason: "it has no column of predictors".into() });
        };
        for (j, column) in columns.iter().enumerate() {
            if column.len() != first.len() {
                let (expected, actual) = (first.len(), column.len());
                let reason =
                    format!("column 0 has {expected} numbers, but column {j} has {actual}");
                return Err(Error::Fit { reason });
            }
            check_all("t", column, f64::is_finite, "finite")?;
        }
        let rows = (0..first.len()).flat_map(|i| columns.iter().map(move |column| column[i]));
        Ok(Self { values: rows.collect(), columns: columns.len() })
    }

    /// The number m of points.
    pub fn len(&self) -> usize {
        self.values.len() / self.columns
    }

    /// True when there is no point.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The number k of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The points in turn, k numbers each.
    pub fn points(&self) -> std::slice::ChunksExact<'_, f64> {
        self.values.chunks_exact(self.columns)
    }
}

/// `Err` for the first number of `what` that is not as it must be.
pub(super) fn check_all(
    what: &'static str,
    numbers: &[f64],
    holds: impl Fn(f64) -> bool,
    range: &'static str,
) -> Result<(), Error> {
    match numbers.iter().position(|number| !holds(*number)) {
        Some(index) => Err(Error::Data { what, index, value: numbers[index], range }),
        None => Ok(()),
    }
}

/// What can serve as predictors: one column, `&t`, a slice, array, `Vec` or `DVector`; or several of the same kind,
/// `[&t, &u]`.
pub trait IntoColumns {
    /// The columns.
    ///
    /// # Errors
    /// As [`Columns::new`].
    fn into_columns(self) -> Result<Columns, Error>;
}

impl IntoColumns for Columns {
    fn into_columns(self) -> Result<Columns, Error> {
        Ok(self)
    }
}

impl<T: AsRef<[f64]> + ?Sized> IntoColumns for &T {
    fn into_columns(self) -> Result<Columns, Error> {
        Columns::new(&[self.as_ref()])
    }
}

impl<T: AsRef<[f64]>, const K: usize> IntoColumns for [T; K] {
    fn into_columns(self) -> Result<Columns, Error> {
        let columns: Vec<&[f64]> = self.iter().map(AsRef::as_ref).collect();
        Columns::new(&columns)
    }
}

impl<T: AsRef<[f64]>> IntoColumns for Vec<T> {
    fn into_columns(self) -> Result<Columns, Error> {
        let columns: Vec<&[f64]> = self.iter().map(AsRef::as_ref).collect();
        Columns::new(&columns)
    }
}
