"""What tests of the operator's pages share: signing in, and reading a page."""

from __future__ import annotations

import re

from tests.gateway import Gateway
from tests.golden import CHANNEL_ID
from tests.web.browser import Browser
from tests.wire import Reply

TOKEN = "an admin token of twenty and more"
HERE = f"/admin/channels/{CHANNEL_ID}"


def signed_in(gateway: Gateway, *headers: tuple[str, str]) -> Browser:
    """The operator of a gateway whose token is ``TOKEN``."""
    browser = Browser(gateway, *headers)
    assert browser.sign_in_as_operator(TOKEN).status == 303
    return browser


def text(reply: Reply) -> str:
    return reply.body.decode().replace("<wbr>", "")


def number(reply: Reply) -> str:
    """The number that keeps a form from being carried out twice."""
    found = re.search(r'name="number" value="([^"]+)"', text(reply))
    assert found is not None
    return found[1]


def codes(reply: Reply) -> list[str]:
    """The lines to copy."""
    return re.findall(r"<pre[^>]*><code>([^<]*)</code>", text(reply))
