"""The PostgreSQL store: several servers on one database, group commit in each."""
