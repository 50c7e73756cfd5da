"""SQLite keeps to what every store must do."""

from __future__ import annotations

from tests.storage.conformance.suites import *  # noqa: F403 - all of them
