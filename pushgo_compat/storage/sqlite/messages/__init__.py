"""Messages in SQLite: their append, their reading, their files."""
