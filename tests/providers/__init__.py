"""Fake providers that speak the true protocols; each also runs by hand."""
