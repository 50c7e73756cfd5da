"""Waiting deliveries: retries, breakers, several processes."""
