"""``channel pair`` beside a running server, with calls such as Bark's app makes."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from pushgo_compat.web.legacy.read_request import DRY_RUN_PARAMETER
from tests.delivery.rig import until
from tests.golden import CHANNEL_ID
from tests.killable import ROOT, SECRET, KillableServer
from tests.patience import PATIENCE_S
from tests.providers.apns import FakeApns, make_key, running

AGENT = {"User-Agent": "Bark/1.4.9 (me.fin.bark; build:1; iOS 17.0.0) Alamofire/5.6.4"}
PEM, PUBLIC = make_key()
PHONE, SECOND = f"00{1:062x}", f"00{2:062x}"
DISABLED = "device registration failed: registration is disabled"


@dataclass
class Command:
    """A command that runs, and asks."""

    process: asyncio.subprocess.Process

    async def hears(self, text: str) -> str:
        """Read what it says until a text has come."""
        said = b""
        assert self.process.stderr is not None
        async with asyncio.timeout(PATIENCE_S):
            while text.encode() not in said:
                byte = await self.process.stderr.read(1)
                assert byte, said.decode()
                said += byte
        return said.decode()

    def answer(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n".encode())

    async def terminated(self) -> tuple[int, str, str]:
        """End it by a signal while it reads an answer."""
        self.process.terminate()
        try:
            async with asyncio.timeout(PATIENCE_S / 4):
                await self.process.wait()
        except TimeoutError:  # it came in the moment before the read, and interrupts it
            self.process.terminate()
        return await self.ended()

    async def ended(self) -> tuple[int, str, str]:
        """Its exit status, and the rest of what it wrote."""
        async with asyncio.timeout(PATIENCE_S):
            stdout, stderr = await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode, stdout.decode(), stderr.decode()


@dataclass
class House:
    """A server in a process of its own, Apple's, and the operator's terminal."""

    server: KillableServer
    apple: FakeApns
    session: aiohttp.ClientSession
    settings: Mapping[str, str]

    @asynccontextmanager
    async def command(self, *words: str) -> AsyncIterator[Command]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("PUSHGO_")}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "pushgo_compat", *words, "--json"),
            env={
                **kept,
                "PYTHONPATH": str(ROOT),
                "PUSHGO_DB_URL": self.server.db_url,
                "PUSHGO_SECRET_KEY": SECRET,
                **self.settings,
            },
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            yield Command(process)
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()

    async def get(self, path: str, **query: str) -> dict[str, Any]:
        """Call the Bark dialect as the app does."""
        url = f"{self.server.base}/bark{path}"
        async with self.session.get(url, params=query, headers=AGENT) as response:
            answer: dict[str, Any] = await response.json()
            return answer

    async def register(self, token: str, key: str = "", **more: str) -> dict[str, Any]:
        return await self.get("/register", devicetoken=token, key=key, **more)

    async def number(self) -> str:
        """The number that the phone shows."""
        await until(lambda: bool(self.apple.taken))
        aps: Any = self.apple.taken[0].payload["aps"]
        (number,) = re.findall(r"\d\d", aps["alert"]["title"])
        return str(number)


@pytest.fixture
async def house(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[House]:
    apple = FakeApns(public_key=PUBLIC)
    key_file = tmp_path / "bark.p8"
    key_file.write_text(PEM)
    async with (
        running(apple, tmp_path) as certificate,
        aiohttp.ClientSession() as session,
    ):
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        settings = {
            "PUSHGO_BARK_APNS_KEY_FILE": str(key_file),
            "PUSHGO_BARK_APNS_ENDPOINT": apple.url,
        }
        async with KillableServer(tmp_path, session, **settings) as server:
            yield House(server, apple, session, settings)


async def test_a_phone_is_paired_while_strangers_and_second_phones_are_not(
    house: House,
) -> None:
    assert (await house.register(PHONE))["message"] == DISABLED
    async with house.command("channel", "pair", CHANNEL_ID) as pair:
        await pair.hears("in Bark's app")
        async with house.command("channel", "pair", CHANNEL_ID) as other:
            status, stdout, stderr = await other.ended()
            assert (status, stdout) == (1, "")
            assert CHANNEL_ID in stderr
        dry = await house.register(SECOND, **{DRY_RUN_PARAMETER: "1"})
        assert '"device_key"' not in json.dumps(dry)
        assert (await house.get("/ping"))["code"] == 200
        first = await house.register(PHONE)
        key = first["data"]["key"]
        assert first["code"] == 200
        # The User-Agent can be forged and gives nobody the window.
        assert (await house.register(SECOND))["message"] == DISABLED
        assert (await house.register(SECOND, key))["code"] == 200
        await pair.hears("The number that the phone shows")
        number = await house.number()
        pair.answer(f"{(int(number) + 1) % 100:02d}")
        await pair.hears("tries left: 2")
        pair.answer(number)
        status, stdout, _ = await pair.ended()
    added = json.loads(stdout)
    assert status == 0
    assert (added["kind"], added["channel_id"]) == ("bark-app", CHANNEL_ID)
    assert PHONE not in stdout
    assert (await house.register(PHONE, key))["data"]["key"] == key
    assert (await house.get(f"/{key}/hello"))["code"] == 200
    await until(lambda: len(house.apple.taken) == 2)
    assert {taken.device_token for taken in house.apple.taken} == {PHONE}
    assert SECOND not in house.apple.asked


async def test_a_pairing_that_is_left_forgets_its_phone(house: House) -> None:
    async with house.command("channel", "pair", CHANNEL_ID) as pair:
        await pair.hears("in Bark's app")
        key = (await house.register(PHONE))["data"]["key"]
        await pair.hears("The number that the phone shows")
        status, stdout, _ = await pair.terminated()
    assert (status, stdout) == (128 + 15, "")
    assert (await house.register(PHONE, key))["code"] == 500
    assert (await house.register(SECOND))["message"] == DISABLED
    async with house.command("target", "list") as listed:
        assert await listed.ended() == (0, "[]\n", "")


async def test_three_wrong_numbers_end_it(house: House) -> None:
    async with house.command("channel", "pair", CHANNEL_ID) as pair:
        await pair.hears("in Bark's app")
        await house.register(PHONE)
        wrong = f"{(int(await house.number()) + 1) % 100:02d}"
        for _ in range(3):
            pair.answer(wrong)
        status, stdout, stderr = await pair.ended()
    assert (status, stdout) == (1, "")
    assert "Traceback" not in stderr
    assert (await house.register(SECOND))["message"] == DISABLED
