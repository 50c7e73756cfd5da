"""The golden cases of /message, over the wire."""

from __future__ import annotations

import json

import pytest
from yarl import URL

from tests.golden import CHANNEL_ID, Case, check_native, check_reply, load_cases
from tests.web.conftest import LOGIN, Client

CASES = load_cases("native")


async def check_case(client: Client, case: Case) -> None:
    """Send a case, and compare the reply and what is stored."""
    response = await client.request(
        case.request["method"],
        URL(case.filled(case.request["path"]), encoded=True),
        data=case.body() or None,
        headers=[(name, value.decode()) for name, value in case.header_lines()],
        skip_auto_headers=["Content-Type"],
    )
    body = await response.read()
    check_reply(case, response.status, response.headers.get("Content-Type"), body)
    assert response.headers["X-Request-Id"]
    if response.status == 200:
        message_id = json.loads(body)["data"]["message_id"]
        path = f"/channel/{CHANNEL_ID}/messages/{message_id}"
        stored = await (await client.get(path, headers=LOGIN)).json()
        check_native(case, stored["data"]["message"])


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
async def test_golden_case(case: Case, client: Client) -> None:
    await check_case(client, case)
