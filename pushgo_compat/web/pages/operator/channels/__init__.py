"""Pages about channels: the list, one channel, its phones."""
