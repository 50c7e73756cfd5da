"""What the repository promises beside the program: guides, packages, deployment."""
