"""The first channel, shown once: one line to paste for each door."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence

from pushgo_compat.config.config import Config
from pushgo_compat.core.admin.results import ChannelOpened
from pushgo_compat.legacy import Dialect

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 — read, not bound


def greeting(config: Config, opened: ChannelOpened, dialects: Sequence[Dialect]) -> str:
    """The channel, its key, and a way to send the first message for each door."""
    lines = [
        f"Channel {opened.channel_name}, made now; its password is not shown again.",
        "",
        f"  channel id  {opened.channel_id}",
        f"  password    {opened.password}",
        f"  key         {opened.key}",
        "",
        "Send something, from another terminal:",
        "",
    ]
    commands = _commands(config, opened, dialects)
    width = max(map(len, commands))
    lines += [f"  {door:<{width}}  {command}" for door, command in commands.items()]
    base = base_url(config)
    lines += ["", f"See it arrive: {base}/inbox#{opened.key}", f"All lines: {base}/"]
    return "\n".join([*lines, ""])


def operator_link(config: Config, token: str) -> str:
    """A link that fills in the operator's token, made now; a click signs in.

    What follows ``#`` stays in the browser: no server and no log sees it.
    """
    return (
        "The operator's pages (the token is not shown again):"
        f" {base_url(config)}/admin#{token}"
    )


def _commands(
    config: Config, opened: ChannelOpened, dialects: Sequence[Dialect]
) -> dict[str, str]:
    base, key = base_url(config), opened.key
    # The token itself stays out: the terminal may be a log file.
    token = ' -H "Authorization: Bearer $PUSHGO_TOKEN"' if config.token else ""
    curl = f"curl{token if config.token_on_dialects else ''}"
    native = json.dumps(
        {
            "channel_id": opened.channel_id,
            "password": opened.password,
            "title": "Hello from PushGo",
        }
    )
    return {
        **{
            d.traits.name: f"{curl} {d.traits.example(f'{base}/{d.source}', key)}"
            for d in dialects
        },
        "native": f"curl{token} -H 'Content-Type: application/json'"
        f" -d {shlex.quote(native)} {base}/message",
    }


def base_url(config: Config) -> str:
    """The URL under which this machine reaches the main listener."""
    if config.public_base_url:
        return config.public_base_url
    scheme = "https" if config.tls_cert and not config.https_addr else "http"
    host = _EVERYWHERE.get(config.http_addr.host, config.http_addr.host)
    return f"{scheme}://{config.http_addr._replace(host=host)}"
