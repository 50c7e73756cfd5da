"""The doors of the old servers' dialects: read a request, act, answer."""
