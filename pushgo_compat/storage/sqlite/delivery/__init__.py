"""Delivery in SQLite: targets, lanes and outcomes."""
