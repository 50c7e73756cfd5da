"""The programs of a script that send HTTP, and what stands before their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pushgo_compat.migration.shell.commands import Argument
from pushgo_compat.migration.words import Variables

CLIENTS: Mapping[str, str] = {
    "curl": "curl",
    "curl.exe": "curl",
    "wget": "wget",
    "wget.exe": "wget",
    "wget2": "wget",
    "http": "httpie",
    "https": "httpie",
    "xh": "xh",
    "xhs": "xh",
    "ntfy": "ntfy",
    "ntfy.exe": "ntfy",
}
"""Programs that are read, and the words for them in answers."""
SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ash", "ksh", "su", "runuser"})
"""Programs that run the text behind ``-c``."""
REPEATERS = frozenset({"xargs", "parallel", "find"})
"""Programs that put another text in the place of ``{}`` each time."""
_EXECUTES = ("-exec", "-execdir", "-ok", "-okdir")
_WRAPPERS = frozenset(
    {
        *("sudo", "doas", "su", "runuser", "gosu", "su-exec", "env", "exec", "command"),
        *("nice", "ionice", "chrt", "taskset", "nohup", "setsid", "unshare", "nsenter"),
        *("time", "timeout", "flock", "chronic", "stdbuf", "watch", "busybox", "eval"),
        *("torsocks", "proxychains", "proxychains4"),
        *("pct", "lxc", "lxc-attach", "chroot", "systemd-run"),
        *("and", "or", "not", "begin"),  # of fish
        *("docker", "podman", "kubectl", "ssh"),
        *REPEATERS,
    }
)
"""Programs that run what follows their own options."""


def base_name(text: str) -> str:
    """The name of a program without its folder."""
    return text.replace("\\", "/").rpartition("/")[2]


def find_client(
    arguments: Sequence[Argument], variables: Variables
) -> tuple[int, str] | None:
    """Where a client is named, and its name: first, or behind what runs it.

    ``$CURL`` names one as well.
    """
    if not arguments:
        return None
    names = [_name(argument, variables) for argument in arguments]
    if names[0] in CLIENTS:
        return 0, names[0]
    if names[0] not in _WRAPPERS:
        return None
    for index, name in enumerate(names):
        if name in CLIENTS and (names[0] != "find" or names[index - 1] in _EXECUTES):
            return index, name
    return None


def _name(argument: Argument, variables: Variables) -> str:
    text = argument.word.text
    if variables.is_whole(text):
        return variables.expression(text).strip("${}").lower()
    return base_name(text)


def find_script(arguments: Sequence[Argument]) -> int | None:
    """Where the text stands that another shell runs (``sh -c``, ``trap``, ``ssh``)."""
    names = [base_name(argument.word.text) for argument in arguments]
    for index, name in enumerate(names):
        if name in SHELLS:
            for at in range(index + 1, len(names) - 1):
                letters = names[at]
                if letters.startswith("-") and letters.endswith("c"):
                    return at + 1
    if len(names) < 2:  # noqa: PLR2004 - a name and a text
        return None
    if names[0] in ("eval", "ssh", "watch"):
        return len(names) - 1
    if names[0] == "trap" and not names[1].startswith("-"):
        return 1
    return None
