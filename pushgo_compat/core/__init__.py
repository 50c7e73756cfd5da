"""Authenticate, commit, dispatch: what every door calls, in any dialect."""
