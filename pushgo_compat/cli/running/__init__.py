"""Commands about the server itself: serve, its copies, its token, its numbers."""
