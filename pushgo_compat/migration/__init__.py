"""Old calls as people wrote them down, read as HTTP requests; nothing is executed.

``reading.read_calls`` is the way in, ``scan.scanning`` for whole trees of files. No I/O
here but in ``scan.disk``: else the contents of files are handed in by the caller.
"""
