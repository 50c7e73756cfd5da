"""The SQLite file: connections, writer thread, readers, locks, other processes."""
