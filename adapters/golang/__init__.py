"""Parts of Go that ntfy builds on: text/template, Sprig, formats, durations."""
