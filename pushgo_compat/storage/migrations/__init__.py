"""Numbered SQL files, one folder a database, each run once in its own transaction."""
