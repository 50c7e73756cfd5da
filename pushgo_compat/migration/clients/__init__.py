"""The clients whose command lines are read, one module or folder each."""
