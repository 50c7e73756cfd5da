"""The embedded store: one writer thread with group commit, readers beside it."""
