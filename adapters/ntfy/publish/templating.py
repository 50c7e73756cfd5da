r"""A body that is the input of a template (docs/dialects/ntfy.md 6).

As in ntfy 2.13, ``\n`` in the message's template becomes a line feed before rendering,
blanks around the result stay, and only the message is limited. Named templates and
templates in the priority come from newer servers.
"""

from __future__ import annotations

from collections.abc import Mapping

from adapters.golang.template.faults import Budget
from adapters.golang.trimming import BLANKS
from adapters.ntfy.errors import refusal
from adapters.ntfy.event import EventView
from adapters.ntfy.parameters import RENDERABLE, TABLE
from adapters.ntfy.parameters.found import Found
from adapters.ntfy.templates import TemplateFault, render, tell
from adapters.ntfy.templates.files import TemplateFile, read_template
from adapters.shared.parsing import decode_utf8
from pushgo_compat.legacy import Note

MAX_INPUT_BYTES = 131_072
"""A body of this many bytes or more is refused (41303)."""

_MAX_MESSAGE_BYTES = 4096
"""A longer rendered message is refused with 40041 (docs/dialects/ntfy.md 6)."""
Deferred = Mapping[str, str]
"""Parameter → its template."""


def defer(found: Found) -> Deferred:
    """Take out the parameters that are templates, so that they are not checked yet."""
    if not found.flag("template"):
        return {}
    return {
        parameter.name: found.values.pop(parameter.name)
        for parameter in RENDERABLE
        if "{{" in found.values.get(parameter.name, "")
    }


def render_body(
    body: bytes, sent_as: str, found: Found, view: EventView, deferred: Deferred
) -> str:
    """Render message, title and what was deferred over the body; the message.

    Refuses with 41303, 40041 and the numbers of the template faults.
    """
    if len(body) >= MAX_INPUT_BYTES:
        raise refusal(41303)
    source = decode_utf8(body).strip(BLANKS)
    try:
        if found.flag("template"):
            message = _render_parameters(source, found, view, deferred)
        else:
            message = _tell(source, sent_as, found, view)
    except TemplateFault as fault:
        raise refusal(fault.code, fault.detail) from fault
    if len(message.encode("utf-8", "replace")) > _MAX_MESSAGE_BYTES:
        raise refusal(40041)
    found.notes.append(Note(sent_as, "template_input"))
    found.notes.append(Note(found.fields["template"], "template"))
    found.values.pop("template")
    found.fields.setdefault("title", sent_as)
    return message


def _render_parameters(
    source: str, found: Found, view: EventView, deferred: Deferred
) -> str:
    """Render templates that are parameters; a message that was not sent is empty."""
    template = found.values.get("message", "").replace("\\n", "\n")
    budget = Budget(monotonic_s=found.clock.outside.monotonic_s)
    message = render(template, source, found.clock, budget)
    title = view.get("title", "")
    if "{{" in title:  # another title stays as it is: no need to read the JSON again
        title = render(title, source, found.clock, budget)
    for parameter, place in (("message", "body"), ("title", "title")):
        if found.values.pop(parameter, ""):
            found.notes.append(Note(found.fields[parameter], "rendered", place))
    _set_title(view, title)
    for parameter, template in deferred.items():
        rendered = render(template, source, found.clock, budget)
        _set_rendered(parameter, rendered.strip(BLANKS), found, view)
    return message


def _tell(source: str, sent_as: str, found: Found, view: EventView) -> str:
    """Render a named template: the operator's, or a built-in one.

    A built-in one replaces both the message and the title.
    """
    file = read_template(found.values["template"], found.clock.outside.read_file)
    if file is not None:
        return _render_file(file, source, sent_as, found, view)
    story = tell(found.values["template"], source)
    for parameter in ("message", "title"):
        if found.values.pop(parameter, ""):
            found.notes.append(Note(found.fields[parameter], "unused"))
        found.fields[parameter] = sent_as
    _set_title(view, story.title)
    return story.message


def _render_file(
    file: TemplateFile, source: str, sent_as: str, found: Found, view: EventView
) -> str:
    """Render an operator's template; parameters that it has replace those sent."""
    budget = Budget(monotonic_s=found.clock.outside.monotonic_s)
    rendered = {
        name: render(template, source, found.clock, budget).strip(BLANKS)
        for name, template in file._asdict().items()
        if template is not None
    }
    for name in rendered:
        if found.values.pop(name, ""):
            found.notes.append(Note(found.fields[name], "unused"))
        found.fields[name] = sent_as
    if "title" in rendered:
        _set_title(view, rendered["title"])
    if rendered.get("priority"):
        view.pop("priority", None)
        _set_rendered("priority", rendered["priority"], found, view)
    message = rendered.get("message")
    return found.values.pop("message", "") if message is None else message


def _set_title(view: EventView, title: str) -> None:
    if title:
        view["title"] = title
    else:
        view.pop("title", None)


def _set_rendered(name: str, value: str, found: Found, view: EventView) -> None:
    if not value:
        found.notes.append(Note(found.fields[name], "blank"))
        return
    if check := TABLE[name].check:
        check(found, view, value)
    found.values[name] = value
