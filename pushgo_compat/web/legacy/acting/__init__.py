"""What a door does with a call that it has opened: one file for each kind of call."""
