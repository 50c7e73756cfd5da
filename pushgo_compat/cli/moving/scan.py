"""``scan``: find old calls in scripts and configuration, and change them."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

import click

from pushgo_compat.cli.moving.call_files import read_nothing
from pushgo_compat.cli.terminal.options import (
    PLACEHOLDER_URL,
    common_options,
    given_dialects,
    wants_json,
)
from pushgo_compat.cli.terminal.output import print_object, warn
from pushgo_compat.config.time_zone import system_timezone
from pushgo_compat.core.receipts.receipts import Document, Reader
from pushgo_compat.migration.scan.changes.edits import Gateway, Target
from pushgo_compat.migration.scan.disk.rewrite import rewrite
from pushgo_compat.migration.scan.judging import Judge
from pushgo_compat.migration.scan.scanning import FileReport, Scanner, Wanted
from pushgo_compat.migration.scan.vendors import OldHosts, vendor_table
from pushgo_compat.migration.shell.grammar import ShellParserMissing
from pushgo_compat.migration.translating.answers import Translator
from pushgo_compat.migration.translating.servers import Servers
from pushgo_compat.traits import Surroundings
from pushgo_compat.tuning import settle

_PROGRESS_EVERY_S = 0.2
_WIDTH = 24


class _GatewayUrl(click.ParamType[Gateway]):
    name = "url"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Gateway:
        """Take a URL apart."""
        try:
            url = urlsplit(str(value))
            is_whole = url.scheme in ("http", "https") and bool(url.hostname)
            _ = url.port
        except ValueError:
            is_whole, url = False, urlsplit("")
        if not is_whole or url.query or url.fragment or "@" in url.netloc:
            self.fail("expected http(s)://HOST[:PORT][/PATH]", param, ctx)
        return Gateway(url.scheme, url.netloc, url.path.rstrip("/"))


class _HostPair(click.ParamType[tuple[str, str]]):
    name = "old=new"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Split at the sign."""
        if isinstance(value, tuple):
            return value
        old, equals, new = str(value).partition("=")
        old, new = old.strip().lower(), new.strip()
        if not equals or not old or not new or set("/@? #") & set(old + new):
            self.fail("expected OLD=NEW, each a host or host:port", param, ctx)
        return old, new


class _Request(NamedTuple):
    """What the command was asked for."""

    paths: Sequence[str]
    wanted: Wanted
    write: bool
    base_url: str


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--gateway", type=_GatewayUrl(), help="Where this gateway is.")
@click.option(
    "--host-map",
    "hosts",
    multiple=True,
    type=_HostPair(),
    metavar="OLD=NEW",
    help="Change this host, with or without a port, to another; repeatable.",
)
@click.option("--diff", is_flag=True, help="Show a patch that changes hosts only.")
@click.option("--native", is_flag=True, help="Show a patch to the native call.")
@click.option("--write", is_flag=True, help="Apply the patch; keep FILE.bak.")
@common_options
@click.pass_context
def scan(
    context: click.Context,
    /,
    *,
    paths: Sequence[str],
    gateway: Gateway | None,
    hosts: Sequence[tuple[str, str]],
    diff: bool,
    native: bool,
    write: bool,
) -> None:
    """Find old calls below PATH..., and say whether they can stay as they are.

    Nothing is executed, sent or stored. Keys are masked, but for the lines of a patch.
    """
    if diff and native:
        raise click.UsageError("either --diff or --native")
    if diff and gateway is None and not hosts:
        raise click.UsageError("--diff takes --gateway URL or --host-map OLD=NEW")
    if write and not (diff or native):
        raise click.UsageError("--write takes --diff or --native: say what to change")
    if write and native and gateway is None:
        raise click.UsageError("--native --write takes --gateway URL")
    target = Target(gateway, dict(hosts))
    base_url = PLACEHOLDER_URL
    if gateway is not None:
        base_url = f"{gateway.scheme}://{gateway.authority}{gateway.path}"
    request = _Request(paths, Wanted(target, diff, native), write, base_url)
    try:
        failed = _run(context, request)
    except ShellParserMissing as missing:
        raise click.ClickException(str(missing)) from None
    if failed:
        context.exit(1)


def _run(context: click.Context, request: _Request) -> bool:
    """Scan, print, write; whether anything failed."""
    changes = request.wanted.diff or request.wanted.native
    if changes:
        warn(["a patch holds its lines as they are, keys included"])
    scanner = _scanner(request)
    settle()
    findings: list[Document] = []
    failed = False
    is_json = wants_json(context)
    for report in _with_progress(scanner, request.paths):
        findings += report.findings
        if not is_json:
            _print_findings(report.findings, to_stderr=changes)
            click.echo(report.patch, nl=False)
        if request.write and report.patch:
            failed |= not _write(report)
    walk = scanner.walk
    for path in walk.failed:
        click.echo(f"{path}: could not be read", err=True)
    skipped: dict[str, int] = dict(walk.skipped)
    if is_json:
        files = {"read": walk.read}
        print_object({"files": files, "skipped": skipped, "findings": findings})
    else:
        _print_sum(findings, walk.read, skipped)
    return failed or bool(walk.failed)


def _scanner(request: _Request) -> Scanner:
    surroundings = Surroundings(timezone=system_timezone())
    dialects = [each.configured({}, surroundings) for each in given_dialects()]
    reader = Reader(request.base_url)
    now_ms = time.time_ns() // 1_000_000
    translators = {
        str(dialect.source): Translator(
            Servers(dialects, dialect.source),
            read_nothing,
            reader=reader,
            now_ms=now_ms,
        )
        for dialect in dialects
    }
    hosts = OldHosts(vendor_table(dialects), frozenset(request.wanted.target.hosts))
    return Scanner(Judge(translators), hosts, request.wanted)


def _with_progress(scanner: Scanner, paths: Sequence[str]) -> Iterator[FileReport]:
    """The reports; on a terminal a line on standard error tells how far it is."""
    is_terminal = sys.stderr.isatty()
    shown_at = time.monotonic() if is_terminal else 0.0
    found = 0
    for seen, report in enumerate(scanner.scan(paths), 1):
        found += 0 if report is None else len(report.findings)
        if is_terminal and time.monotonic() - shown_at > _PROGRESS_EVERY_S:
            shown_at = time.monotonic()
            _show_progress(seen, found)
        if report is not None:
            if is_terminal:
                click.echo("\r\033[K", err=True, nl=False)
            yield report
    if is_terminal:
        click.echo("\r\033[K", err=True, nl=False)


def _show_progress(seen: int, found: int) -> None:
    """A bar that moves on: how many files there are nobody knows before the end."""
    place = seen // 200 % _WIDTH
    bar = "".join("#" if index == place else "-" for index in range(_WIDTH))
    click.echo(f"\r[{bar}] {seen} files, {found} findings\033[K", err=True, nl=False)


def _write(report: FileReport) -> bool:
    if report.new is None:
        click.echo(f"{report.path}: the new address cannot be written in it", err=True)
        return False
    try:
        backup = rewrite(report.path, report.old, report.new)
    except OSError as error:
        reason = error.strerror or error
        click.echo(f"{report.path}: not written: {reason}", err=True)
        return False
    click.echo(f"{report.path}: written; the old text is {backup.name}", err=True)
    return True


# --------------------------------------------------------------------------- for people


def _print_findings(findings: Sequence[Document], *, to_stderr: bool) -> None:
    """Beside a patch, which has standard output for itself."""
    for each in findings:
        key = f", key {each['key_hint']}" if each["key_hint"] else ""
        client = f" ({each['client']})" if each["client"] else ""
        verdict = str(each["verdict"]).replace("_", " ")
        line = f"{each['file']}:{each['line']}: {each['what']}{client}{key}: {verdict}"
        notes = each["notes"]
        assert isinstance(notes, list)  # noqa: S101 - as the scanner makes it
        lost = [str(note["field"]) for note in notes if note["verdict"] == "lost"]
        if lost:
            line += f" ({', '.join(dict.fromkeys(lost))})"
        if each["why"]:
            line += f"\n    {each['why']}"
        click.echo(line, err=to_stderr)


def _print_sum(
    findings: Sequence[Document], read: int, skipped: dict[str, int]
) -> None:
    verdicts = [str(each["verdict"]) for each in findings]
    counts = (
        f"{verdicts.count(word)} {text}"
        for word, text in (
            ("works", "work"),
            ("works_with_loss", "work with loss"),
            ("must_change", "must change"),
        )
    )
    left_out = ", ".join(f"{count} {word}" for word, count in skipped.items() if count)
    click.echo(
        f"{len(findings)} findings in {read} files: {', '.join(counts)}"
        + (f"; skipped: {left_out}" if left_out else ""),
        err=True,
    )
