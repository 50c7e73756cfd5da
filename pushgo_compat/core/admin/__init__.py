"""Administration: channels, aliases, unknown keys, targets."""
