"""Go's fmt verbs and quoting."""
