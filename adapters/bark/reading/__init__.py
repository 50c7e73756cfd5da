"""The parameters of a push as they are sent: query, form, JSON, packed bodies."""
