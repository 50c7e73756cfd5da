"""The shell: which commands a script runs, and with which words."""
