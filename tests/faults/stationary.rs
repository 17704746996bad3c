//! Classification, verification and factorizations.
