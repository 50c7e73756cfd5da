"""Old calls in SQLite: their records, and old servers beside us."""
