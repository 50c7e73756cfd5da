"""What a key opens: looking it up, checking its password, remembering the answer."""
