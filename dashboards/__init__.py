"""People: the web pages, maps, exports and the command line."""
