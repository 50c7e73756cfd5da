"""What every command stands on: options, output, questions, its time with the store."""
