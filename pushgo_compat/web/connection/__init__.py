"""One connection: its bytes mended and parsed, and the address it comes from."""
