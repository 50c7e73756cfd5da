"""Commands as processes of their own: at the same moment, beside an open store."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.model import Source
from pushgo_compat.storage import open_store
from tests.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "pushgo_compat"]


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    """Start a command in the folder, without the settings of this machine."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PUSHGO_")}
    return subprocess.Popen(
        [*COMMAND, *words, "--json"],
        cwd=folder,
        env=kept | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def output_of(process: subprocess.Popen[str]) -> str:
    with process:
        try:
            stdout, stderr = process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert process.returncode == 0, stderr
    return stdout


def answer_of(process: subprocess.Popen[str]) -> dict[str, str]:
    answer: dict[str, str] = json.loads(output_of(process))
    return answer


def test_commands_that_start_at_once_share_one_new_store_and_one_secret_key(
    tmp_path: Path,
) -> None:
    names = [f"channel {number}" for number in range(4)]
    started = [start(tmp_path, "channel", "create", "--name", n) for n in names]
    made = [answer_of(process) for process in started]
    assert len({channel["channel_id"] for channel in made}) == len(names)
    listed = json.loads(output_of(start(tmp_path, "channel", "list")))
    assert sorted(row["channel_name"] for row in listed) == names
    assert (
        sorted(path.suffix for path in tmp_path.iterdir() if "tmp" in path.name) == []
    )
    assert (tmp_path / "pushgo-compat.db.key").is_file()


async def test_a_store_that_is_open_elsewhere_sees_what_a_command_changed(
    tmp_path: Path,
) -> None:
    channel_id = answer_of(start(tmp_path, "channel", "create", "--name", "NAS"))[
        "channel_id"
    ]
    store = await open_store(f"sqlite:///{tmp_path}/pushgo-compat.db", create=False)
    try:
        before = await store.generation()
        answer_of(
            start(
                tmp_path,
                *("alias", "add", "--dialect", "bark", "--key", "oldkey"),
                *("--channel", channel_id),
            )
        )
        assert await store.generation() > before
        text = (tmp_path / "pushgo-compat.db.key").read_text().strip()
        digest = SecretKey(text.encode()).alias_digest(Source.BARK, "oldkey")
        alias = await store.alias(Source.BARK, digest, folded=False)
        assert alias is not None
        assert alias.channel.channel_id == channel_id
    finally:
        await store.close()
