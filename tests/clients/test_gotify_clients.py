"""Published Gotify clients, at our port and below our prefix."""

from __future__ import annotations

import logging

import apprise
import gotify
import pytest
from gotify_handler import GotifyHandler

from tests.clients.conftest import Inbox
from tests.dialects import GOTIFY
from tests.gateway import Mount
from tests.golden import KEY, UNKNOWN_KEY

TITLE = "温度警报 🔥"
TEXT = "# Deploy\n\n**web-1** is *up*:\n\n- build `42`"

at_url = pytest.mark.parametrize("mount", [Mount.PORT, Mount.PREFIX])


@at_url
def test_gotify_sends_and_reads_the_message_back(inbox: Inbox, mount: Mount) -> None:
    client = gotify.Gotify(base_url=inbox.gateway.url(GOTIFY, mount), app_token=KEY)
    extras = {"client::display": {"contentType": "text/markdown"}}
    sent = client.create_message(TEXT, title=TITLE, priority=8, extras=extras)
    assert (sent["message"], sent["title"], sent["priority"]) == (TEXT, TITLE, 8)
    assert sent["extras"] == extras
    assert 0 <= sent["id"] < 2**31
    message = inbox.one()
    assert (message["title"], message["body"]) == (TITLE, TEXT)
    assert (message["severity"], message["source"]) == ("high", "gotify")


def test_gotify_shows_the_channels_name_where_no_title_was_sent(inbox: Inbox) -> None:
    client = gotify.Gotify(base_url=inbox.gateway.url(GOTIFY), app_token=KEY)
    sent = client.create_message(TEXT)
    assert sent["title"] == inbox.one()["title"] == "Wire tests"


def test_gotify_reads_the_refusal(inbox: Inbox) -> None:
    client = gotify.Gotify(base_url=inbox.gateway.url(GOTIFY), app_token=UNKNOWN_KEY)
    with pytest.raises(gotify.GotifyError, match="valid access token"):
        client.create_message(TEXT)
    assert inbox.all() == []


def test_gotify_handler_sends_a_log_line(inbox: Inbox) -> None:
    handler = GotifyHandler(inbox.gateway.url(GOTIFY), KEY)
    record = logging.LogRecord("n", logging.ERROR, "f", 1, "disk full", None, None)
    handler.emit(record)
    assert "disk full" in inbox.one()["body"]


@at_url
@pytest.mark.parametrize(
    ("priority", "severity"), [("low", "low"), ("normal", "normal"), ("high", "high")]
)
def test_apprise(inbox: Inbox, mount: Mount, priority: str, severity: str) -> None:
    address = inbox.gateway.url(GOTIFY, mount).removeprefix("http://")
    server = apprise.Apprise()
    assert server.add(f"gotify://{address}/{KEY}?priority={priority}&format=markdown")
    assert server.notify(title=TITLE, body=TEXT)
    message = inbox.one()
    assert (message["title"], message["severity"]) == (TITLE, severity)
    assert message["body"].strip() == TEXT
    assert message["metadata"]["compat.gotify.content_type"] == "text/markdown"
