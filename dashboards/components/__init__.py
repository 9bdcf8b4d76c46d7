"""Functions that return components."""
