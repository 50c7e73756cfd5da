"""Programs in languages other than shell: strings, expressions, calls."""
