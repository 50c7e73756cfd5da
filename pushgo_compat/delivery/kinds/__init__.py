"""The kinds of targets, each a stranger to the others."""
