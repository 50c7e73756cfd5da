"""ServerChan's translation."""
