"""Several processes on the same listeners (``PUSHGO_WORKERS``).

Who starts, watches and replaces them, and what they tell each other.

The supervisor forks them. It has no event loop and no thread, so that a fork is safe,
and everything that it has read once (settings, key, certificate, sockets) is theirs.
"""
