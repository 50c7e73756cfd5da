"""The operator's settings: reading, checks, the secret key's file, the time zone."""
