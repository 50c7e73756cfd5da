"""What an operator does to channels and aliases."""
