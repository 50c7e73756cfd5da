"""What the dialects make of calls that were read from a text."""
