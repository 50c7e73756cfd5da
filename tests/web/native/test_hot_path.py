"""Which kinds of object a publish makes: the same on any machine, unlike its time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest

from pushgo_compat.model import Source
from tests.dialects import SOURCES
from tests.gateway import Gateway, Mount, running
from tests.golden import CHANNEL_ID, PASSWORD
from tests.web.raw_publish import raw_publish


class Follower:
    """Notes the frozen dataclasses that the server's threads make."""

    def __init__(self) -> None:
        self.is_on = False
        self.made: set[tuple[str, ...]] = set()
        """The fields of each."""

    def follow(self, frame: FrameType, event: str, _argument: object) -> None:
        """Called for each function; a profile function."""
        code = frame.f_code
        # The __init__ made for a frozen one has to go past its __setattr__.
        is_frozen = code.co_filename == "<string>" and "__setattr__" in code.co_names
        if self.is_on and event == "call" and is_frozen:
            self.made.add(code.co_varnames)


@pytest.fixture(scope="module")
def follower() -> Follower:
    return Follower()


@pytest.fixture(scope="module")
def followed(
    follower: Follower, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    folder: Path = tmp_path_factory.mktemp("followed")
    threading.setprofile(follower.follow)  # of threads that begin from now on
    try:
        with running(folder) as gateway:
            yield gateway
    finally:
        threading.setprofile(None)


def publish(gateway: Gateway, door: Source) -> int:
    if door is not Source.NATIVE:
        port, raw = raw_publish(gateway, door, Mount.PREFIX, b"hello")
        return gateway.ask(port, raw, "GET").status
    query = f"channel_id={CHANNEL_ID}&password={PASSWORD}&title=hello"
    return gateway.native("GET", f"/message?{query}").status


@pytest.mark.parametrize("door", [Source.NATIVE, *SOURCES])
def test_a_publish_makes_no_frozen_dataclass(
    followed: Gateway, follower: Follower, door: Source
) -> None:
    publish(followed, door)  # what is made once a key
    follower.made.clear()
    follower.is_on = True
    status = publish(followed, door)
    follower.is_on = False
    assert status == 200
    assert follower.made == set()
