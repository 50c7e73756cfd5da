"""The native routes: send, read, stream, and what describes them."""
