"""Pages about old calls: the list, one call, sending it again."""
