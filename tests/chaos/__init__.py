"""Processes that are killed under load, and a ledger that says what came of it."""
