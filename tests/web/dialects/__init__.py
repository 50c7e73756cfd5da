"""One dialect's own ways, and what all of them share."""
