"""Subscribers: history first, then live messages, encoded once a group."""
