"""The dialects of the old servers: pure translation, no I/O, no clock.

A new dialect is one folder here and one name in ``__main__``'s list.
"""
