"""Pages about keys: whose one is, unknown ones, aliases."""
