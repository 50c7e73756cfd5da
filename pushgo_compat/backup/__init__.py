"""One consistent copy of what a gateway keeps: store, secret key and files."""
