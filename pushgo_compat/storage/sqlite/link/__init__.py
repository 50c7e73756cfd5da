"""One writer process for several fronts on one file.

A front reads the file itself and sends what it writes over a socket to the process that
has the one connection which writes.
"""
