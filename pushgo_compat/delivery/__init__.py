"""Delivery to targets: the outbox, and one folder for each kind of target."""
