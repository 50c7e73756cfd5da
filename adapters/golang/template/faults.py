"""Why a template is not rendered, and how much it may cost before it is given up."""

from __future__ import annotations

from dataclasses import dataclass

MAX_TEXT_CHARS = 1_048_576
"""Longest text that a template may make, on the way or as its output."""

MAX_STEPS = 40_000
"""About as much as ntfy's tenth of a second buys; a pure adapter has no clock. A step
is worth a microsecond or two (``python -m benchmarks.templates`` measures it)."""
CHARS_A_STEP = 64
"""Of a text that is only copied or compared."""
_JSON_VALUES_A_STEP = 3

NOT_JSON = 40042
NOT_PARSED = 40043
DISALLOWED = 40044
FAILED = 40045
NO_SUCH_TEMPLATE = 40047
TOO_SLOW = 40055
TEMPLATE_TOO_LARGE = 40056


class TemplateFault(Exception):
    """A template that comes to nothing; ``code`` is ntfy's number."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class FunctionError(ValueError):
    """A function cannot use its arguments: execution fails (40045)."""


@dataclass(slots=True)
class Budget:
    """What is left of one render's work.

    Every node, every function call, every element that is walked through is a step;
    texts cost by their length, so that no few steps can make a huge one.
    """

    steps: int = MAX_STEPS

    def spend(self, steps: int = 1) -> None:
        """Take steps; raises TemplateFault when there are not that many."""
        self.steps -= steps
        if self.steps < 0:
            raise TemplateFault(TOO_SLOW)

    def spend_on(self, value: object, chars_a_step: int = CHARS_A_STEP) -> None:
        """Take what a look at the value costs, without what it holds."""
        self.spend(1 + len(value) // chars_a_step if isinstance(value, str) else 1)

    def spend_on_all_of(
        self, value: object, chars_a_step: int = CHARS_A_STEP, times: int = 1
    ) -> None:
        """Take what so many walks through the whole value cost.

        Lists can hold one another, so this is also what stops a value that is small
        in memory and endless on paper.
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
        """Take what decoding the text costs: it is its values that cost, not it."""
        values = text.count(",") + text.count("[") + text.count("{")
        self.spend(1 + len(text) // CHARS_A_STEP + values // _JSON_VALUES_A_STEP)


def check_length(chars: int) -> None:
    """Call before a long text is made: raises FunctionError when it is too long."""
    if chars > MAX_TEXT_CHARS:
        raise FunctionError("too long a text")
