"""Heads of requests as old clients write them, mended before they are parsed."""
