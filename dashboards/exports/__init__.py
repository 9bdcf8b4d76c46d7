"""One export format a module."""
