"""Phones that become targets."""
