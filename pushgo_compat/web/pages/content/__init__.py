"""What the pages show: text made safe, Markdown, QR codes, names."""
