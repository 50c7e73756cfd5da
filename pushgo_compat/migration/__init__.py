"""Old calls as people wrote them down, read as HTTP requests; nothing is executed.

``reading.read_calls`` is the way in. No I/O here: the contents of files are handed in
by the caller.
"""
