//! Command lines and what comes of them.
