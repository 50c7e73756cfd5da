"""What the log says of each listener at start: its address, its reach, its dialects."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping

from pushgo_compat.model import Source
from pushgo_compat.web.listeners.sites import MAIN, Sites

THIS_MACHINE = "this machine only"
EVERYWHERE = "every network interface"

_NAMES = {Source.NTFY: "ntfy", Source.BARK: "Bark", Source.SERVERCHAN: "ServerChan"}


def start_lines(
    sites: Sites, ports: Mapping[str, int]
) -> Iterator[Mapping[str, object]]:
    """The fields of one line for each listener; ``ports`` says what each one got."""
    scheme = "http" if sites.tls is None else "https"
    for site, port in ports.items():
        host, _ = sites.main if site == MAIN else sites.ports[Source(site)]
        yield {
            "site": site,
            "port": port,
            "url": f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}",
            "reach": reach(host),
            "speaks": _speaks(sites, site),
        }


def reach(host: str) -> str:
    """From where a listener that is bound to this host can be called."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return THIS_MACHINE if host == "localhost" else f"whoever reaches {host}"
    if address.is_loopback:
        return THIS_MACHINE
    return EVERYWHERE if address.is_unspecified else f"whoever reaches {host}"


def _speaks(sites: Sites, site: str) -> str:
    if site != MAIN:
        return f"{_NAMES[Source(site)]} at /"
    prefixes = [f"{name} at /{source}" for source, name in _NAMES.items()]
    hosts = [
        f"{_NAMES[source]} at {', '.join(names)}"
        for source, names in sites.hosts.items()
        if names
    ]
    return "; ".join(["native at /", *prefixes, *hosts])
