"""The only part of ``migration`` that touches the disk: walk, read, rewrite."""
