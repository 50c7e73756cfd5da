"""The doors: the only part that knows HTTP."""
