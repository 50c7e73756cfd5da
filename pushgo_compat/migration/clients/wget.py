"""wget: a line of it → the requests that it sends.

Source of the options: ``wget --help`` of GNU Wget 1.21.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from pushgo_compat.migration.calls import BodyPart, HttpRequest, Unreadable
from pushgo_compat.migration.clients.common import (
    FORM,
    Headers,
    Result,
    as_bytes,
    basic,
    contents,
    merged,
)
from pushgo_compat.migration.clients.options import OptionTable
from pushgo_compat.migration.shell.commands import Argument, Input
from pushgo_compat.migration.urls import Known, parse_url
from pushgo_compat.migration.words import Word

_WITH_VALUE = """
accept:A accept-regex append-output:a backups base:B bind-address body-data body-file
ca-certificate ca-directory certificate certificate-type ciphers compression config
connect-timeout crl-file cut-dirs default-page directory-prefix:P dns-timeout domains:D
exclude-directories:X exclude-domains execute:e follow-tags ftp-password ftp-user header
hsts-file http-passwd http-password http-user ignore-tags include-directories:I
input-file:i level:l limit-rate load-cookies local-encoding max-redirect method
output-document:O output-file:o password pinnedpubkey post-data post-file prefer-family
private-key private-key-type progress proxy-password proxy-user quota:Q read-timeout
referer regex-type reject:R reject-regex rejected-log remote-encoding report-speed
restrict-file-names retry-on-http-error save-cookies secure-protocol start-pos timeout:T
tries:t use-askpass user user-agent:U wait:w waitretry warc-dedup warc-file warc-header
warc-max-size warc-tempdir
"""
_WITHOUT_VALUE = """
adjust-extension:E ask-password auth-no-challenge background:b backup-converted:K
content-disposition content-on-error continue:c convert-file-only convert-links:k
debug:d delete-after follow-ftp force-directories:x force-html:F
ftps-clear-data-connection ftps-fallback-to-ftp ftps-implicit ftps-resume-ssl help:h
https-only ignore-case ignore-length inet4-only:4 inet6-only:6 keep-session-cookies
mirror:m no-cache no-check-certificate no-clobber:nc no-config no-cookies
no-directories:nd no-dns-cache no-glob no-host-directories:nH no-hsts no-http-keep-alive
no-if-modified-since no-iri no-netrc no-parent:np no-passive-ftp no-proxy
no-remove-listing no-use-server-timestamps no-verbose:nv no-warc-compression
no-warc-digests no-warc-keep-log page-requisites:p preserve-permissions
protocol-directories quiet:q random-wait recursive:r relative:L retr-symlinks
retry-connrefused save-headers server-response:S show-progress span-hosts:H spider
strict-comments timestamping:N trust-server-names unlink verbose:v version:V warc-cdx
xattr
"""
OPTIONS = OptionTable("wget", _WITH_VALUE, _WITHOUT_VALUE, equals=True)
_SAFE = "%/?&=#:;,+@!$*'()~-._[]|"
"""What wget leaves as it is in a URL (src/url.c); blanks and text are escaped."""


@dataclass(slots=True)
class _Line:
    options: dict[str, Word] = field(default_factory=dict)
    headers: list[tuple[str, str | None]] = field(default_factory=list)
    urls: list[Word] = field(default_factory=list)


def read_wget(words: Sequence[Argument], given: Input, known: Known) -> list[Result]:
    """The requests of the words behind ``wget``. Raises Unreadable."""
    line = _Line()
    for name, word, is_bare in OPTIONS.read(words):
        if name is None:
            if not (is_bare and line.urls):
                line.urls.append(word)
        elif name == "header":
            header, colon, value = word.text.partition(":")
            if colon:
                line.headers.append((header.strip(), value.strip()))
        else:
            line.options[name] = word
    if not line.urls and (line.headers or "post-data" in line.options):
        raise Unreadable("wget is given no URL")
    results: list[Result] = []
    for word in line.urls:
        try:
            results.append(_request(line, known.resolved(word), given))
        except Unreadable as reason:
            results.append(reason)
    return results


def _request(line: _Line, word: Word, given: Input) -> HttpRequest:
    options = line.options
    url, userinfo = parse_url(word.without_blanks())
    url = url._replace(path=_escaped(url.path), query=_escaped(url.query))
    body = _body(options, given)
    method = "GET" if body is None else "POST"
    if "spider" in options and body is None:
        method = "HEAD"
    if "method" in options:
        method = options["method"].text.upper()
    own: Headers = [("User-Agent", "Wget"), ("Accept", "*/*")]
    if (agent := options.get("user-agent")) is not None:
        own[0] = ("User-Agent", agent.text)
    if (referer := options.get("referer")) is not None:
        own.append(("Referer", referer.text))
    if body is not None:
        own.append(("Content-Type", FORM))
    login = _login(options, userinfo)
    if login:
        own.append(("Authorization", basic(login)))
    return HttpRequest(
        method=method,
        url=url,
        headers=merged(own, line.headers),
        body=[] if body is None else [body],
    )


def _body(options: dict[str, Word], given: Input) -> BodyPart | None:
    for name in ("post-data", "body-data"):
        if (data := options.get(name)) is not None:
            return as_bytes(data.text)
    for name in ("post-file", "body-file"):
        if (file := options.get(name)) is not None:
            return contents(file.text, given, bytes)
    return None


def _login(options: dict[str, Word], userinfo: str) -> str:
    """A login is shown unasked only with ``--auth-no-challenge``."""
    if "auth-no-challenge" not in options:
        return ""
    user = options.get("http-user", options.get("user"))
    password = options.get("http-password", options.get("password"))
    if user is None:
        return userinfo
    return f"{user.text}:{password.text if password else ''}"


def _escaped(text: str) -> str:
    return text if text.isascii() else quote(as_bytes(text), safe=_SAFE)
