"""Configuration: YAML in, frozen and checked values out; the only part that reads YAML."""
