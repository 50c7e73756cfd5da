"""PushGo Compat: ntfy, Bark and ServerChan calls in, native PushGo messages out."""

__version__ = "0.1.0"
