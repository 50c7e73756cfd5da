"""The old server that is asked beside us."""
