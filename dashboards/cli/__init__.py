"""The command `hotspots`: one module a command."""
