"""Who is let in, in PostgreSQL: channels, aliases, tokens, phones."""
