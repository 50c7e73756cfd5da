"""What is kept and told of old calls."""
