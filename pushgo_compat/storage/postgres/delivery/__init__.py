"""Delivery in PostgreSQL: targets, lanes and outcomes."""
