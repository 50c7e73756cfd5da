"""What belongs to Go and not to ntfy: text/template, Sprig, formats, durations."""
