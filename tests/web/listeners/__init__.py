"""Sockets, mounts and what is set of them."""
