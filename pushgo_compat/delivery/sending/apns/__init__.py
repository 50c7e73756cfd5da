"""Apple's push service, for the kinds that deliver through it."""
