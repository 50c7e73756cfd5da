"""Who is let in, in SQLite: channels, aliases, tokens, phones."""
