"""The YAML that analysts edit: typed, frozen, closed."""
