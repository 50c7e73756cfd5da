"""Messages in PostgreSQL: their append, their reading, their files."""
