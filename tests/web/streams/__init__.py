"""Subscribers of every door."""
