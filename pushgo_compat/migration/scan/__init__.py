"""Find old calls in a tree of files: in scripts, programs and configuration."""
