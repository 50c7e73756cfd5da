"""The e-mail door."""
