"""Where accepted messages go: open streams today, push providers next."""
