"""Commands about messages: sending, watching, where they are delivered."""
