"""The pages in a real browser: ``make test-pages``, apart from ``make test``."""
