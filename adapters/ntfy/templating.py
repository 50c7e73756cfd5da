r"""A body that is the input of a template (the ntfy page, 6).

ntfy 2.13 stands: it puts line feeds for ``\n`` into the message's template before it
renders it, keeps the blanks around the result, and limits the message alone. Named
templates and templates of the priority come from newer servers.
"""

from __future__ import annotations

from adapters.golang.template.faults import Budget
from adapters.ntfy.errors import refusal
from adapters.ntfy.event import EventView
from adapters.ntfy.fields import PRIORITIES
from adapters.ntfy.params import Parameters, trim
from adapters.ntfy.templates import TemplateFault, render, tell
from adapters.shared.parsing import decode_utf8
from pushgo_compat.legacy import Note

MAX_INPUT_BYTES = 131_072
"""This many bytes and more are refused."""

_MAX_MESSAGE_BYTES = 4096
_DEFERRED = "priority_template"


def defer_priority(found: Parameters) -> None:
    """Set a priority that is a template aside, before it is checked as a priority."""
    if found.flag("template") and "{{" in found.values.get("priority", ""):
        found.values[_DEFERRED] = found.values.pop("priority")


def render_body(body: bytes, sent_as: str, found: Parameters, view: EventView) -> str:
    """Render message, title and priority over the body; refuses with ntfy's codes."""
    if len(body) >= MAX_INPUT_BYTES:
        raise refusal(41303)
    source = trim(decode_utf8(body))
    try:
        if found.flag("template"):
            message = _render_parameters(source, found, view)
        else:
            message = _tell(source, sent_as, found, view)
    except TemplateFault as fault:
        raise refusal(fault.code) from fault
    if len(message.encode("utf-8", "replace")) > _MAX_MESSAGE_BYTES:
        raise refusal(40041)
    found.notes.append(Note(sent_as, "template_input"))
    found.notes.append(Note(found.fields["template"], "template"))
    found.values.pop("template")
    found.fields.setdefault("title", sent_as)
    return message


def _render_parameters(source: str, found: Parameters, view: EventView) -> str:
    """Templates that are parameters; one that is not there renders as nothing."""
    template = found.values.get("message", "").replace("\\n", "\n")
    budget = Budget()
    message = render(template, source, found.clock, budget)
    title = view.get("title", "")
    if "{{" in title:  # else it stays as it is, and the JSON need not be read again
        title = render(title, source, found.clock, budget)
    for parameter, place in (("message", "body"), ("title", "title")):
        if found.values.pop(parameter, ""):
            found.notes.append(Note(found.fields[parameter], "rendered", place))
    _set_title(view, title)
    if priority := found.values.pop(_DEFERRED, ""):
        rendered = render(priority, source, found.clock, budget)
        _set_priority(trim(rendered), found, view)
    return message


def _tell(source: str, sent_as: str, found: Parameters, view: EventView) -> str:
    """A built-in template; what it says stands in place of message and title."""
    story = tell(found.values["template"], source)
    for parameter in ("message", "title"):
        if found.values.pop(parameter, ""):
            found.notes.append(Note(found.fields[parameter], "unused"))
        found.fields[parameter] = sent_as
    _set_title(view, story.title)
    return story.message


def _set_title(view: EventView, title: str) -> None:
    if title:
        view["title"] = title
    else:
        view.pop("title", None)


def _set_priority(rendered: str, found: Parameters, view: EventView) -> None:
    if not rendered:
        found.notes.append(Note(found.fields["priority"], "blank"))
        return
    priority = PRIORITIES.get(rendered.lower())
    if priority is None:
        raise refusal(40007)
    view["priority"] = priority
    found.values["priority"] = rendered
