"""A curl line → the requests that it sends."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from urllib.parse import quote

from pushgo_compat.migration.calls import (
    BodyPart,
    HttpRequest,
    ReadFile,
    Unreadable,
    Url,
)
from pushgo_compat.migration.clients.common import (
    FORM,
    Headers,
    Result,
    as_bytes,
    basic,
    contents,
    merged,
)
from pushgo_compat.migration.clients.curl.arguments import Group, read_arguments
from pushgo_compat.migration.clients.curl.config import refuse_rest, with_config
from pushgo_compat.migration.clients.curl.data import DATA, read_data, urlencoded
from pushgo_compat.migration.clients.curl.expanding import expanded
from pushgo_compat.migration.clients.curl.forms import CONTENT_TYPE, read_form
from pushgo_compat.migration.shell.commands import Argument, Input
from pushgo_compat.migration.urls import Known, expand_globs, parse_url, refuse_blanks
from pushgo_compat.migration.words import Variables, Word

_FOLD = re.compile(r"\r?\n[ \t]*")
_OF_A_CALL = (*DATA, "form", "form-string", "upload-file", "header", "request", "user")
"""Options that nobody gives without a URL (``curl --version`` is no call)."""
_MAX_REQUESTS = 200
"""Of one command: each repeats its body."""
_SILENT_LOGINS = ("digest", "ntlm", "negotiate", "anyauth")
"""Logins that curl does not show before it is asked."""


def read_curl(words: Sequence[Argument], given: Input, known: Known) -> list[Result]:
    """The requests of the words behind ``curl``. Raises Unreadable."""
    results: list[Result] = []
    words = expanded(with_config(words, given), known.variables)
    groups = read_arguments(words)
    for group in groups:
        most = _MAX_REQUESTS + 1 - len(results)
        results += islice(_of_group(group, given, known), most)
    if len(results) > _MAX_REQUESTS:
        del results[_MAX_REQUESTS:]
        results.append(Unreadable(f"only the first {_MAX_REQUESTS} URLs are read"))
    files = [file for group in groups for file in group.all("config")]
    results += refuse_rest(files)
    if not results and any(group.has(*_OF_A_CALL) for group in groups):
        raise Unreadable("curl is given no URL")
    return results


def _of_group(group: Group, given: Input, known: Known) -> Iterator[Result]:
    uploads = group.all("upload-file")
    data, form = read_data(group, given), read_form(group, given)
    if bool(data) + bool(form) + bool(uploads) > 1:
        raise Unreadable("curl sends data, a form or a file, not two of them at once")
    for number, written in enumerate(group.urls):
        upload = uploads[min(number, len(uploads) - 1)] if uploads else None
        try:
            word = known.resolved(written)
            words = [word] if group.has("globoff") else expand_globs(word)
            for each in words:
                url, userinfo = parse_url(each, as_is=group.has("path-as-is"))
                yield _request(group, url, userinfo, data or form, upload, given, known)
        except Unreadable as reason:
            yield reason


def _request(
    group: Group,
    url: Url,
    userinfo: str,
    data: Sequence[BodyPart],
    upload: Word | None,
    given: Input,
    known: Known,
) -> HttpRequest:
    method, body = "GET", list(data)
    if body:
        method = "POST"
    if upload is not None:
        method, body = "PUT", _upload(upload, given)
        url = _with_file_name(url, upload.text)
    if group.has("get") and upload is None:
        url, method, body = _with_query(url, body), "GET", []
    for word in group.all("url-query"):
        url = _with_query(url, _query_part(word.text))
    if group.has("head"):
        method = "HEAD"
    if (written := group.last("request")) is not None and written.text:
        method = written.text
    if (target := group.last("request-target")) is not None:
        path, _, query = target.text.partition("?")
        url = url._replace(path=path or "/", query=query)
    headers = _headers(
        group, userinfo, known.variables, has_body=bool(body) and upload is None
    )
    hidden = any(word not in group.urls for word in group.unread)
    return HttpRequest(
        method=method, url=url, headers=headers, body=body, hides_options=hidden
    )


# ------------------------------------------------------------------------------ the URL


def _upload(upload: Word, given: Input) -> list[BodyPart]:
    name = "-" if upload.text == "." else upload.text
    part = contents(name, given, bytes)
    return [part._replace(is_upload=True) if isinstance(part, ReadFile) else part]


def _with_file_name(url: Url, name: str) -> Url:
    """``-T file URL/`` sends to ``URL/file``."""
    if name in ("-", ".") or not url.path.endswith("/"):
        return url
    return url._replace(path=url.path + name.replace("\\", "/").rpartition("/")[2])


def _query_part(text: str) -> list[BodyPart]:
    return [as_bytes(text[1:])] if text.startswith("+") else urlencoded(text)


def _with_query(url: Url, parts: Sequence[BodyPart]) -> Url:
    if not parts:
        return url
    text = b"".join(
        quote(f"<contents of {part.name}>").encode()
        if isinstance(part, ReadFile)
        else part
        for part in parts
    ).decode("utf-8", "surrogateescape")
    refuse_blanks(text)
    return url._replace(query=f"{url.query}&{text}" if url.query else text)


# -------------------------------------------------------------------------- the headers


def _headers(
    group: Group, userinfo: str, variables: Variables, *, has_body: bool
) -> Headers:
    """Headers of curl itself; those of ``-H`` replace or remove them."""
    own: Headers = [("User-Agent", "curl"), ("Accept", "*/*")]
    if (agent := group.last("user-agent")) is not None:
        own[0] = ("User-Agent", agent.text)
    if login := _login(group, userinfo):
        own.append(("Authorization", login))
    if (referer := group.last("referer")) is not None:
        own.append(("Referer", referer.text.removesuffix(";auto")))
    cookies = [word.text for word in group.all("cookie") if "=" in word.text]
    if cookies:
        own.append(("Cookie", "; ".join(cookies)))
    if group.has("json"):
        own[1] = ("Accept", "application/json")
        own.append(("Content-Type", "application/json"))
    elif has_body:
        is_form = group.has("form", "form-string")
        own.append(("Content-Type", CONTENT_TYPE if is_form else FORM))
    written = [
        header
        for word in group.all("header")
        for header in _header(word.text, variables)
    ]
    return merged(own, written)


def _header(text: str, variables: Variables) -> Iterator[tuple[str, str | None]]:
    """``Name: value``; ``Name:`` takes a header of curl's out, ``Name;`` is empty."""
    if text.startswith("@"):
        raise Unreadable(
            f"headers from a file are not read (-H {text}): write one -H for each"
        )
    text = _FOLD.sub(" ", text)
    name, colon, value = text.partition(":")
    if colon:
        value = value.strip(" \t")
        yield name.strip(), value or None
    elif text.endswith(";"):
        yield text[:-1].strip(), ""
    elif variables.is_whole(text):
        yield text, ""  # a whole header, whose name nobody knows


def _login(group: Group, userinfo: str) -> str | None:
    if (token := group.last("oauth2-bearer")) is not None:
        return f"Bearer {token.text}"
    if group.has(*_SILENT_LOGINS):
        return None
    user = group.last("user")
    login = userinfo if user is None else user.text
    if not login:
        return None
    return basic(login if ":" in login else f"{login}:")
