"""Keys and passwords: what opens a channel, and how guessing is slowed."""
