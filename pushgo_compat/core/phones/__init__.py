"""How phones and browsers become targets: pairing, learning, web push."""
