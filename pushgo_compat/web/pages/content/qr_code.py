"""QR codes as SVG without any style, which the policy of the pages would refuse.

segno is imported with the first code.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markupsafe import Markup

_INK = "#15161A"


def qr_code(text: str) -> Markup:
    """The code of a text; the page gives it a size and a white edge."""
    import segno
    from markupsafe import Markup

    drawing = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        drawing,
        kind="svg",
        xmldecl=False,
        border=0,
        dark=_INK,
        omitsize=True,
        nl=False,
        svgclass=None,
        lineclass=None,
    )
    return Markup(drawing.getvalue().decode())  # noqa: S704 - drawn here
