"""Keys, passwords and who is let in."""
