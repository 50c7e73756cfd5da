"""Translation receipts, and the masking of secrets in them."""
