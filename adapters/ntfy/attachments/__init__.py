"""Bodies that are files, and the types of files."""
