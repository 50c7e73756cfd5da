"""Bark's translation."""
