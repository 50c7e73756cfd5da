"""Configuration: variables with known names, and the settings of known programs."""
