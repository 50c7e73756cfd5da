"""ntfy's translation."""
