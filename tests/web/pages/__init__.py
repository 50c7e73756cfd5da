"""Pages for everyone: start, inbox, sign-in."""
