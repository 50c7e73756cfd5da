"""Tokens that stand for a login, a ticket or the operator."""
