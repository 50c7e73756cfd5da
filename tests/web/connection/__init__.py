"""Heads and bodies as they come over the wire."""
