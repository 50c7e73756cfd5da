"""How the pages call a dialect: its name in the reader's language."""

from __future__ import annotations

from aiohttp import web

from pushgo_compat.model import Source
from pushgo_compat.web.pages.language import language_of
from pushgo_compat.web.pages.texts import Texts
from pushgo_compat.web.services import PLACES, DialectPlace


def name_of(request: web.Request, place: DialectPlace) -> str:
    """The name that its users know; most go by one name everywhere."""
    t, key = Texts(language_of(request)), f"frame.dialect_{place.source}"
    return str(t(key)) if key in t else place.name


def dialect_names(request: web.Request) -> list[tuple[Source, str]]:
    """The dialects of this process and their names."""
    places = request.app[PLACES].dialects
    return [(place.source, name_of(request, place)) for place in places]
