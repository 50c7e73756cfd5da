"""The outbox: which message a lane sends next, when, and what follows from it."""
