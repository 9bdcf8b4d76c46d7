"""One official table each, turned into one area layer."""
