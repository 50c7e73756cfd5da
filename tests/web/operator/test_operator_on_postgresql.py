"""Pages whose queries differ from store to store, over PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.gateway import Gateway, running
from tests.postgres import TestServer
from tests.providers.apns import make_key
from tests.web.browser import Browser
from tests.web.operator import (
    test_operator_calls,
    test_operator_channels,
    test_operator_pairing,
)
from tests.web.operator_pages import TOKEN, signed_in

Check = Callable[[Gateway, Browser], None]
CHECKS: list[Check] = [
    test_operator_calls.test_a_call_leads_to_the_one_before_and_the_one_after,
    test_operator_calls.test_a_call_of_a_filtered_list_leads_to_those_of_the_list,
    test_operator_calls.test_a_batch_is_one_step_to_the_next_call,
    test_operator_channels.test_a_new_password_is_shown_once_and_the_form_works_once,
    test_operator_pairing.test_a_phone_comes_and_is_confirmed_by_its_number,
]


@pytest.fixture
def gateway(postgres: TestServer, tmp_path: Path) -> Iterator[Gateway]:
    url = asyncio.run(postgres.new_database())
    key_file = tmp_path / "key.p8"
    key_file.write_text(make_key()[0])
    with running(
        tmp_path,
        url,
        admin_token=TOKEN,
        bark_apns_key_file=key_file,
        bark_apns_endpoint="https://127.0.0.1:1",
    ) as gateway:
        yield gateway
    asyncio.run(postgres.give_back(url))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_page_works_over_postgresql(check: Check, gateway: Gateway) -> None:
    check(gateway, signed_in(gateway))
