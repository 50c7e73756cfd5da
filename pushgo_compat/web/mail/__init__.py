"""The e-mail door: SMTP in, the same keys, receipts and commits as over HTTP."""
