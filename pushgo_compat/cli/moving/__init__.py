"""Commands for moving from an old server: its calls, what they become, shadows."""
