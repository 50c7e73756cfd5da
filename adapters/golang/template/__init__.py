"""Go's text/template: parser and interpreter."""
