"""Access to pages: sign-in, signed sessions, and forms that are our own."""
