"""Old servers that are asked beside us: copies, comparisons, figures."""
