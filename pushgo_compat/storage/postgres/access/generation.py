"""The numbers by which every process learns that something has changed."""

from __future__ import annotations

from pushgo_compat.storage.postgres.engine.database import Session


async def bump(db: Session) -> None:
    """Tell every process that what it remembers of keys may be out of date."""
    await db.execute("UPDATE state SET generation = generation + 1")


async def count_change(db: Session) -> None:
    """Tell every dispatcher that targets or marks have changed."""
    await db.execute("UPDATE store SET target_changes = target_changes + 1")
