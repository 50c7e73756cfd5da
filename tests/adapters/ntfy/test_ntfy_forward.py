"""What another ntfy server gets of a message that came through ntfy."""

from __future__ import annotations

import json
from collections.abc import Sequence

import orjson
import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from adapters.ntfy import NTFY
from adapters.ntfy.ids import ntfy_id
from pushgo_compat.delivery.kinds.ntfy.payload import build_publish
from pushgo_compat.legacy import LegacyRequest, Publish, Translation
from pushgo_compat.model import NativeMessage, Severity, Source
from tests.delivery.samples import delivery
from tests.golden import KEY, NOW_MS

MESSAGE_ID = "019aaf2b0f3a7000" * 2


def published(
    body: bytes,
    headers: Sequence[tuple[str, str]] = (),
    path: str = f"/{KEY}",
    method: str = "POST",
) -> Translation:
    call = NTFY.open(
        LegacyRequest(
            method=method,
            path=path,
            headers=CIMultiDictProxy(CIMultiDict(headers)),
            body=body,
            received_at_ms=NOW_MS,
        )
    )
    assert isinstance(call, Publish)
    return call.translate()


def forwarded(translation: Translation) -> dict[str, object]:
    assert translation.message is not None
    return dict(NTFY.forward(translation.message, translation.view, MESSAGE_ID))


def test_a_message_is_forwarded_as_its_own_event() -> None:
    translation = published(
        b"**done**",
        [
            ("Title", "Backup"),
            ("Priority", "min"),
            ("Tags", "nas,backup"),
            ("Click", "mailto:a@e.x"),
            ("Icon", "https://e.x/i.png"),
            ("Attach", "https://e.x/a.png"),
            ("Markdown", "yes"),
            ("Actions", "view, Open, https://e.x"),
            ("X-Sequence-ID", "job-7"),
            ("Delay", "1h"),
        ],
    )
    assert forwarded(translation) == {
        "event": "message",
        "title": "Backup",
        "message": "**done**",
        "priority": 1,
        "tags": ["nas", "backup"],
        "click": "mailto:a@e.x",
        "icon": "https://e.x/i.png",
        "actions": [
            {"action": "view", "label": "Open", "clear": False, "url": "https://e.x"}
        ],
        "attachment": {"name": "a.png", "url": "https://e.x/a.png"},
        "content_type": "text/markdown",
        "sequence_id": "job-7",
    }


def test_a_message_without_a_sequence_id_is_forwarded_under_its_ntfy_id() -> None:
    """Its sender may clear it by that id later, on the other server too."""
    assert forwarded(published(b"hi")) == {
        "event": "message",
        "message": "hi",
        "sequence_id": ntfy_id(MESSAGE_ID),
    }


@pytest.mark.parametrize(
    ("method", "path", "event"),
    [
        ("DELETE", f"/{KEY}/job-7", "message_delete"),
        ("PUT", f"/{KEY}/job-7/clear", "message_clear"),
    ],
)
def test_a_retraction_is_forwarded_as_event_and_sequence_id(
    method: str, path: str, event: str
) -> None:
    translation = published(b"", path=path, method=method)
    assert forwarded(translation) == {"event": event, "sequence_id": "job-7"}


def test_a_message_whose_event_is_lost_is_forwarded_as_subscribers_see_it() -> None:
    message = NativeMessage(title="T", body="B", severity=Severity.HIGH, tags=("a",))
    assert NTFY.forward(message, None, MESSAGE_ID) == {
        "event": "message",
        "title": "T",
        "message": "B",
        "priority": 4,
        "tags": ["a"],
        "sequence_id": ntfy_id(MESSAGE_ID),
    }


def test_what_is_forwarded_is_the_publish_that_was_sent() -> None:
    sent = {
        "topic": KEY,
        "title": "Backup",
        "message": "done",
        "priority": 5,
        "tags": ["nas"],
        "click": "https://e.x",
        "attach": "https://e.x/a.txt",
        "filename": "b.txt",
        "icon": "https://e.x/i.png",
        "markdown": True,
        "sequence_id": "job-7",
    }
    translation = published(json.dumps(sent).encode(), path="/")
    body, cut = build_publish(
        delivery(source=Source.NTFY, forward=forwarded(translation)), KEY
    )
    assert orjson.loads(body) == sent
    assert cut == ""
