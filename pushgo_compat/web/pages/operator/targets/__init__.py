"""Pages about targets: adding one, the rows of a channel, a provider's words."""
