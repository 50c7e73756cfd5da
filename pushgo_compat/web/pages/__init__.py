"""Server-rendered pages: templates, their rendering, one module a page."""
