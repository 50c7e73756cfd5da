"""Reading and translating old calls."""
