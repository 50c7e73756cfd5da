"""Records of old calls: what came, what became of it, and how many there were."""
