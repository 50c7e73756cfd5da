"""The first channel, shown once: one line to paste for each door."""

from __future__ import annotations

import json
import shlex

from pushgo_compat.config import Config
from pushgo_compat.core.admin.results import ChannelOpened

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 — read, not bound


def greeting(config: Config, opened: ChannelOpened) -> str:
    """The channel, its key, and four ways to send the first message."""
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
    commands = _commands(config, opened)
    width = max(map(len, commands))
    lines += [f"  {door:<{width}}  {command}" for door, command in commands.items()]
    return "\n".join([*lines, ""])


def _commands(config: Config, opened: ChannelOpened) -> dict[str, str]:
    base, key = base_url(config), opened.key
    # The token itself stays out: the terminal may be a log file.
    token = ' -H "Authorization: Bearer $PUSHGO_TOKEN"' if config.token else ""
    dialect = f"curl{token if config.token_on_dialects else ''}"
    native = json.dumps(
        {
            "channel_id": opened.channel_id,
            "password": opened.password,
            "title": "Hello from PushGo",
        }
    )
    return {
        "ntfy": f"{dialect} -d 'Hello from ntfy' {base}/ntfy/{key}",
        "Bark": f"{dialect} '{base}/bark/{key}/Hello/from%20Bark'",
        "ServerChan": f"{dialect} -d title=Hello -d desp='from ServerChan'"
        f" {base}/serverchan/{key}.send",
        "native": f"curl{token} -H 'Content-Type: application/json'"
        f" -d {shlex.quote(native)} {base}/message",
    }


def base_url(config: Config) -> str:
    """Where this machine reaches the main listener."""
    if config.public_base_url:
        return config.public_base_url
    scheme = "https" if config.tls_cert else "http"
    host = _EVERYWHERE.get(config.http_addr.host, config.http_addr.host)
    return f"{scheme}://{config.http_addr._replace(host=host)}"
