"""What a door writes down: calls, refusals, the names of fields."""
