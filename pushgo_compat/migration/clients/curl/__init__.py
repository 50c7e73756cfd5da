"""curl: its options, and the requests that a line of it sends."""
