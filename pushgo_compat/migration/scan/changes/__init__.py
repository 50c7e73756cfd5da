"""What is written in a file so that its calls go to another server."""
