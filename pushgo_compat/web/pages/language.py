"""Which language a page speaks: ``?lang=``, which a cookie keeps, or the browser's."""

from __future__ import annotations

from urllib.parse import quote, unquote

from aiohttp import web
from multidict import MultiDict
from yarl import URL

from pushgo_compat.web.pages.texts import LANGUAGES, Language
from pushgo_compat.web.preferred_language import prefers_chinese

COOKIE = "pushgo_lang"
_YEAR_S = 365 * 24 * 3600


def language_of(request: web.BaseRequest) -> Language:
    """The language of the cookie, else of ``Accept-Language``."""
    kept = request.cookies.get(COOKIE)
    for language in LANGUAGES:
        if kept == language:
            return language
    chinese = prefers_chinese(request.headers.get("Accept-Language", ""))
    return "zh" if chinese else "en"


def chosen_language(request: web.BaseRequest) -> Language | None:
    """The language that the address asks for, None where it asks for none."""
    asked = request.query.get("lang")
    return next((known for known in LANGUAGES if known == asked), None)


def keep_language(
    request: web.BaseRequest, language: Language, *, cookie_path: str
) -> web.Response:
    """Keep the choice for a year; lead back to the same page by a relative address."""
    query = MultiDict(request.query)
    del query["lang"]
    segment = unquote(request.rel_url.raw_path.rpartition("/")[2])
    # No colon: ``https:other.example`` would lead to that host.
    name = quote(segment, safe="") or "./"
    response = web.Response(status=303)
    response.headers["Location"] = str(URL(name).with_query(query))
    response.set_cookie(
        COOKIE,
        language,
        max_age=_YEAR_S,
        path=cookie_path,
        samesite="Lax",
        httponly=True,
    )
    return response
