"""What several dialects share: parsing, and fitting a message's size."""
