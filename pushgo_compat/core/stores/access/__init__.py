"""What letting callers in asks of a store: keys, aliases, tokens, unknown keys."""
