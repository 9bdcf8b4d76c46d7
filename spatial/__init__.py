"""Geography and statistics: files, areas, incidents, neighbours, permutation inference, density."""
