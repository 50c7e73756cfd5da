"""Who may see a page: sign-in, signed sessions, and forms that are our own."""
