"""Listeners, and which door a call on them belongs to."""
