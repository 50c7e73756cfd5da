"""Old calls in PostgreSQL: their records, and old servers beside us."""
