"""The errors of rendering a template, and the limit of its cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

MAX_TEXT_CHARS = 1_048_576
"""The longest text that a template may make, as a value or as its output."""

MAX_STEPS = 40_000
"""The steps of one rendering, instead of ntfy's limit of 0.1 s: an adapter has no
clock. A step takes one or two microseconds (``python -m benchmarks.templates``)."""
MAX_SECONDS = 0.1
"""ntfy's own limit. Only regular expressions look at a clock."""
CHARS_A_STEP = 64
"""Characters a step, for a text that is only copied or compared."""
_JSON_VALUES_A_STEP = 3

NOT_JSON = 40042
NOT_PARSED = 40043
DISALLOWED = 40044
FAILED = 40045
NO_SUCH_TEMPLATE = 40047
BAD_FILE = 40048
TOO_SLOW = 40055
TEMPLATE_TOO_LARGE = 40056


class TemplateFault(Exception):
    """A template cannot be rendered; ``code`` is ntfy's number of the error."""

    def __init__(self, code: int, detail: str = "") -> None:
        """``detail`` goes behind ntfy's text."""
        super().__init__(code)
        self.code = code
        self.detail = detail


class FunctionError(ValueError):
    """A function cannot use its arguments, so the execution fails (40045)."""


@dataclass(slots=True)
class Budget:
    """The steps that one rendering has left.

    Every node, function call and visited element is a step. Texts cost by their length,
    so that a few steps cannot make a huge text.
    """

    steps: int = MAX_STEPS
    monotonic_s: Callable[[], float] | None = None
    """A clock that never goes back, where one is handed in."""
    ends_at_s: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        if self.monotonic_s is not None:
            self.ends_at_s = self.monotonic_s() + MAX_SECONDS

    def check_time(self) -> None:
        """Raise TemplateFault when the time is over, beside what steps can bound."""
        if self.monotonic_s is not None and self.monotonic_s() > self.ends_at_s:
            raise TemplateFault(TOO_SLOW)

    def spend(self, steps: int = 1) -> None:
        """Take steps. Raises TemplateFault when fewer are left."""
        self.steps -= steps
        if self.steps < 0:
            raise TemplateFault(TOO_SLOW)

    def spend_on(self, value: object, chars_a_step: int = CHARS_A_STEP) -> None:
        """Take the cost of one value, without the values inside."""
        self.spend(1 + len(value) // chars_a_step if isinstance(value, str) else 1)

    def spend_on_all_of(
        self, value: object, chars_a_step: int = CHARS_A_STEP, times: int = 1
    ) -> None:
        """Take the cost of visiting everything inside the value, so many times.

        Maps can be put into themselves, so this also stops a value that is small in
        memory and endless when written.
        """
        if isinstance(value, str):
            self.spend(times * (1 + len(value) // chars_a_step))
            return
        self.spend(times)
        if isinstance(value, dict):
            for key, inner in value.items():
                self.spend_on_all_of(key, chars_a_step, times)
                self.spend_on_all_of(inner, chars_a_step, times)
        elif isinstance(value, list):
            for inner in value:
                self.spend_on_all_of(inner, chars_a_step, times)

    def spend_on_json(self, text: str) -> None:
        """Take the cost of decoding JSON, by the number of values in it."""
        values = text.count(",") + text.count("[") + text.count("{")
        self.spend(1 + len(text) // CHARS_A_STEP + values // _JSON_VALUES_A_STEP)


def check_length(chars: int) -> None:
    """Raise FunctionError for a text over the limit; called before it is made."""
    if chars > MAX_TEXT_CHARS:
        raise FunctionError("too long a text")
