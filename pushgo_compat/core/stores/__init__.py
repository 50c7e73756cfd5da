"""What the core asks of a store, one file for each part of the program that asks."""
