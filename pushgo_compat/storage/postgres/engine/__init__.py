"""The database: connections, transactions, the writer, wake-ups, migrations."""
