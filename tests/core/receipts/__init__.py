"""Receipts, and what is masked in them."""
