"""The operator's pages, behind the admin token."""
