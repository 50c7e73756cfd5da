"""The operator's page pairs a phone: window, QR code, number, new target."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.phones.pairing import number_of
from pushgo_compat.core.stores.access.pairing import Window
from pushgo_compat.model import Source
from tests.gateway import SECRET, Gateway, Mount, running
from tests.patience import wait_until
from tests.providers.apns import make_key
from tests.web.browser import Browser
from tests.web.operator_pages import HERE, TOKEN, signed_in, text

PHONE = f"00{1:062x}"


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    """A gateway that may push to Bark's app, but reaches no server of Apple's."""
    key_file = tmp_path / "key.p8"
    key_file.write_text(make_key()[0])
    with running(
        tmp_path,
        admin_token=TOKEN,
        bark_apns_key_file=key_file,
        bark_apns_endpoint="https://127.0.0.1:1",
    ) as gateway:
        yield gateway


@pytest.fixture
def operator(gateway: Gateway) -> Browser:
    return signed_in(gateway)


def state(operator: Browser) -> str:
    return operator.get(f"{HERE}/pair/state").body.decode()


def window_id(page: str) -> str:
    found = re.search(r'name="window" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def phone_comes(gateway: Gateway, operator: Browser) -> str:
    """A phone registers, and its number is told; the number."""
    path = f"/register?devicetoken={PHONE}&key="
    reply = gateway.call(Source.BARK, Mount.PREFIX, "GET", path)
    assert reply.status == 200, reply.body
    wait_until(lambda: state(operator) == "fault")  # there is no Apple

    async def told(admin: Administration) -> str:
        window = await admin.store.pairing.window(gateway.clock.now_ms)
        assert isinstance(window, Window)
        await admin.store.pairing.note_told(window.window_id, None)
        return number_of(SecretKey(SECRET), window)

    return gateway.administer(told)


def test_a_phone_comes_and_is_confirmed_by_its_number(
    gateway: Gateway, operator: Browser
) -> None:
    assert state(operator) == "closed"
    assert operator.post(f"{HERE}/pair").status == 303
    page = text(operator.get(HERE))
    assert "Waiting for a phone" in page
    assert '<div class="qr" role="img"' in page
    assert '<code class="break">http://nas.test/bark</code>' in page
    assert 'href="bark://addServer?address=http' in page
    assert 'data-until="600"' in page
    assert '<noscript><meta http-equiv="refresh" content="5; url=' in page
    assert state(operator) == "open"
    right = phone_comes(gateway, operator)
    page = text(operator.get(HERE))
    assert "A phone came" in page
    since = '<time datetime="2026-11-23T04:35:45Z" class="num nowrap">'
    assert f"From 127.0.0.1, {since}" in page
    assert PHONE not in page
    form = {"window": window_id(page)}
    wrong = f"{(int(right) + 1) % 100:02d}"
    refused = operator.post(f"{HERE}/pair/confirm", number=wrong, **form)
    assert refused.status == 422
    assert "Tries left: 2." in text(refused)
    done = operator.post(f"{HERE}/pair/confirm", number=f" {right} ", **form)
    assert done.status == 303
    (target,) = gateway.administer(lambda admin: admin.store.targets.targets())
    assert target.kind == "bark-app"
    paired = text(operator.get("/" + done.headers["Location"].replace("../", "")))
    assert f"Paired: {target.hint}, {since}" in paired
    assert f"/targets/{target.target_id}/name" in paired
    assert state(operator) == "closed"


def test_a_number_that_did_not_arrive_is_told_with_its_reason(
    gateway: Gateway, operator: Browser
) -> None:
    operator.post(f"{HERE}/pair")
    path = f"/register?devicetoken={PHONE}&key="
    gateway.call(Source.BARK, Mount.PREFIX, "GET", path)
    wait_until(lambda: state(operator) == "fault")
    page = text(operator.get(HERE))
    assert "The number did not reach it:" in page
    assert 'name="number"' not in page.partition('<section id="targets"')[0]


def test_three_wrong_numbers_end_the_pairing(
    gateway: Gateway, operator: Browser
) -> None:
    operator.post(f"{HERE}/pair")
    right = phone_comes(gateway, operator)
    form = {"window": window_id(text(operator.get(HERE)))}
    wrong = f"{(int(right) + 1) % 100:02d}"
    for _ in range(2):
        operator.post(f"{HERE}/pair/confirm", number=wrong, **form)
    last = operator.post(f"{HERE}/pair/confirm", number=wrong, **form)
    assert "Three wrong numbers: the phone is forgotten." in text(last)
    over = operator.post(f"{HERE}/pair/confirm", number=right, **form)
    assert "The pairing is over." in text(over)
    assert not gateway.administer(lambda admin: admin.store.targets.targets())


def test_waiting_is_stopped_and_ends_by_itself(
    gateway: Gateway, operator: Browser
) -> None:
    operator.post(f"{HERE}/pair")
    form = {"window": window_id(text(operator.get(HERE)))}
    operator.post(f"{HERE}/pair/stop", **form)
    assert state(operator) == "closed"
    operator.post(f"{HERE}/pair")
    gateway.clock.now_ms += 600_000
    assert state(operator) == "closed"


def test_one_channel_at_a_time_is_paired(gateway: Gateway, operator: Browser) -> None:
    other = gateway.administer(lambda admin: admin.create_channel("Other"))
    operator.post(f"/admin/channels/{other.channel_id}/pair")
    refused = operator.post(f"{HERE}/pair")
    assert refused.status == 422
    assert "The channel Other is being paired" in text(refused)
    assert state(operator) == "closed"


def test_without_apples_key_the_page_names_the_setting(tmp_path: Path) -> None:
    with running(tmp_path, admin_token=TOKEN) as gateway:
        operator = signed_in(gateway)
        assert "PUSHGO_BARK_APNS_KEY_FILE is not set" in text(operator.get(HERE))
        operator.post(f"{HERE}/pair")
        assert state(operator) == "closed"
