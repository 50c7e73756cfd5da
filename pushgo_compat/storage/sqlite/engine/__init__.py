"""The SQLite file: connections, the writer thread, the readers, other processes."""
