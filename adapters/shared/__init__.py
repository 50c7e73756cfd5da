"""Functions that several dialects need: parsing, JSON, and fitting a message's size."""
