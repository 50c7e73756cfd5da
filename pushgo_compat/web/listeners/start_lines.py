"""The log lines of listeners at start: address, reach, dialects."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence

from pushgo_compat.legacy import Dialect
from pushgo_compat.model import Source
from pushgo_compat.web.connection.forwarded import is_loopback
from pushgo_compat.web.listeners.sites import (
    ADMIN,
    HTTPS,
    MAIN,
    METRICS,
    SMTP,
    Sites,
)

THIS_MACHINE = "this machine only"
EVERYWHERE = "every network interface"
_PARTS = {METRICS: "/metrics", ADMIN: "the operator's pages at /admin"}


def start_lines(
    sites: Sites, ports: Mapping[str, int], dialects: Sequence[Dialect]
) -> Iterator[Mapping[str, object]]:
    """The fields of one line for each listener; ``ports`` says what each one got."""
    names = {dialect.source: dialect.traits.name for dialect in dialects}
    for site, port in ports.items():
        host, _ = sites.address_of(site) or sites.main
        spoken = "https" if sites.speaks_tls(site) else "http"
        if site == SMTP:
            spoken = "smtp"
        yield {
            "site": site,
            "port": port,
            "url": f"{spoken}://{f'[{host}]' if ':' in host else host}:{port}",
            "reach": reach(host),
            "speaks": _speaks(sites, site, names),
        }


def reach(host: str) -> str:
    """Describe which machines can reach a listener that is bound to this host."""
    if is_loopback(host):
        return THIS_MACHINE
    try:
        everywhere = ipaddress.ip_address(host).is_unspecified
    except ValueError:
        everywhere = False
    return EVERYWHERE if everywhere else f"whoever reaches {host}"


def _speaks(sites: Sites, site: str, names: Mapping[Source, str]) -> str:
    if site == SMTP:
        return f"e-mail to {names[Source.NTFY]} topics at {sites.smtp_domain}"
    if site in _PARTS:
        return _PARTS[site]
    if site not in (MAIN, HTTPS):
        return f"{names[Source(site)]} at /"
    prefixes = [f"{name} at /{source}" for source, name in names.items()]
    by_host = [
        f"{names[source]} at {', '.join(hosts)}"
        for source, hosts in sites.hosts.items()
        if hosts
    ]
    return "; ".join(["native at /", *prefixes, *by_host])
