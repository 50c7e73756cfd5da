"""Commands about who is let in: channels, aliases, unknown keys, phones."""
