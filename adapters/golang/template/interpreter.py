"""Runs a parsed template over data, as Go's ``text/template`` does.

A template can use the data and the functions that are passed in, and nothing else. No
attribute or method of a Python object can be reached.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from adapters.golang.template.faults import (
    CHARS_A_STEP,
    FAILED,
    MAX_TEXT_CHARS,
    Budget,
    FunctionError,
    TemplateFault,
)
from adapters.golang.template.functions import Function, Kind, fitted
from adapters.golang.template.nodes import (
    Action,
    Block,
    Break,
    Chain,
    Command,
    Constant,
    Continue,
    Dot,
    Field,
    Identifier,
    If,
    Nil,
    Number,
    Operand,
    Pipeline,
    Range,
    Statement,
    Text,
    Variable,
    With,
)
from adapters.golang.values import (
    MISSING,
    is_true,
    printed,
    sorted_keys,
)

_NOTHING_PIPED = object()
"""The piped value of a command that is first in its pipeline. MISSING can be piped."""
_VARIABLES_A_STEP = 16
_STOPS_AT = {"and": False, "or": True}
"""The truth of an argument after which the function skips the others."""


class _Flow(enum.Enum):
    """The way in which a list of statements ended."""

    NEXT = enum.auto()
    BREAK = enum.auto()
    CONTINUE = enum.auto()


def execute(
    statements: Sequence[Statement],
    data: object,
    functions: Mapping[str, Function],
    budget: Budget,
) -> str:
    """Render the template. Raises TemplateFault when it fails or costs too much."""
    top = MISSING if data is None else data
    run = _Run(functions, budget, [["$", top]])
    try:
        run.walk(top, statements)
    except FunctionError as error:
        raise TemplateFault(FAILED) from error
    return "".join(run.output)


@dataclass(slots=True)
class _Run:
    """The state of one execution: its output, and its variables, innermost last."""

    functions: Mapping[str, Function]
    budget: Budget
    variables: list[list[object]]
    """Names and values."""
    output: list[str] = field(default_factory=list)
    size: int = 0

    # -------------------------------------------------------------------- statements

    def walk(self, dot: object, statements: Sequence[Statement]) -> _Flow:
        """Run the statements in order."""
        for statement in statements:
            self.budget.spend()
            flow = _Flow.NEXT
            match statement:
                case Text(text):
                    self.write(text)
                case Action(pipeline):
                    self.act(dot, pipeline)
                case If() | With():
                    flow = self.choose(dot, statement)
                case Range():
                    flow = self.repeat(dot, statement)
                case Block():
                    self.render_block(dot, statement)
                case Break():
                    flow = _Flow.BREAK
                case Continue():
                    flow = _Flow.CONTINUE
            if flow is not _Flow.NEXT:
                return flow
        return _Flow.NEXT

    def act(self, dot: object, pipeline: Pipeline) -> None:
        """Run a pipeline and write its value, unless variables take it."""
        value = self.pipeline(dot, pipeline)
        if not pipeline.variables:
            self.budget.spend_on(value)
            self.write(printed(value, self.budget))

    def render_block(self, dot: object, statement: Block) -> None:
        """Run a block, which sees no variables but the dot that it is given."""
        value = self.pipeline(dot, statement.pipeline)
        around, self.variables = self.variables, [["$", value]]
        self.walk(value, statement.bodies[statement.name])
        self.variables = around

    def write(self, text: str) -> None:
        """Add to the output. Raises TemplateFault when it grows over the limit."""
        self.size += len(text)
        if self.size > MAX_TEXT_CHARS:
            raise TemplateFault(FAILED)
        self.output.append(text)

    def choose(self, dot: object, statement: If | With) -> _Flow:
        """Run an ``if`` or a ``with``; only ``with`` makes its value the dot."""
        known = len(self.variables)
        value = self.pipeline(dot, statement.pipeline)
        if is_true(value):
            inner = value if isinstance(statement, With) else dot
            flow = self.walk(inner, statement.body)
        else:
            flow = self.walk(dot, statement.otherwise)
        del self.variables[known:]
        return flow

    def repeat(self, dot: object, statement: Range) -> _Flow:
        """Run the body for each element, or the ``else`` part when there is none."""
        outside = len(self.variables)
        value = self.pipeline(dot, statement.pipeline)
        self.spend_on_elements(value)
        known = len(self.variables)
        empty = True
        for position, element in self.elements(value, statement.pipeline):
            empty = False
            self.budget.spend()
            self.bind(statement.pipeline, position, element)
            flow = self.walk(element, statement.body)
            del self.variables[known:]
            if flow is _Flow.BREAK:
                break
        flow = self.walk(dot, statement.otherwise) if empty else _Flow.NEXT
        del self.variables[outside:]
        return flow

    def spend_on_elements(self, value: object) -> None:
        """Take the cost of copying a list or sorting the keys of a map."""
        if isinstance(value, list):
            self.budget.spend(len(value) // CHARS_A_STEP)
        elif isinstance(value, dict):
            self.budget.spend(len(value))

    def elements(
        self, value: object, pipeline: Pipeline
    ) -> Iterable[tuple[object, object]]:
        """The elements, with their positions or their sorted keys."""
        match value:
            case list():
                return enumerate(list(value))
            case dict():
                return [(key, value[key]) for key in sorted_keys(value)]
            case bool():
                raise FunctionError("range over a boolean")
            case int() if len(pipeline.variables) <= 1:
                return ((MISSING, number) for number in range(value))
            case _ if value is MISSING or value is None:
                return ()
            case _:
                raise FunctionError("range over a value without elements")

    def bind(self, pipeline: Pipeline, position: object, element: object) -> None:
        """Set the variables of a ``range`` to their next values."""
        names = pipeline.variables
        values = (element,) if len(names) == 1 else (position, element)
        if pipeline.assigns:
            for name, value in zip(names, values, strict=False):
                self.assign(name, value)
        else:
            for offset, value in enumerate(reversed(values[: len(names)]), start=1):
                self.variables[-offset][1] = value

    # --------------------------------------------------------------------- pipelines

    def pipeline(self, dot: object, pipeline: Pipeline) -> object:
        """The value of the last command. A nil in the data counts as missing."""
        value: object = _NOTHING_PIPED
        for command in pipeline.commands:
            value = self.command(dot, command, value)
            if value is None:
                value = MISSING
        for name in pipeline.variables:
            if pipeline.assigns:
                self.assign(name, value)
            else:
                self.variables.append([name, value])
        return value

    def assign(self, name: str, value: object) -> None:
        """Set the innermost variable of the name."""
        self.budget.spend(len(self.variables) // _VARIABLES_A_STEP)
        for variable in reversed(self.variables):
            if variable[0] == name:
                variable[1] = value
                return
        raise FunctionError("undefined variable")

    def command(self, dot: object, command: Command, piped: object) -> object:
        """The result of a command: a function call, or a value without arguments."""
        self.budget.spend()
        first, *arguments = command.operands
        has_arguments = bool(arguments) or piped is not _NOTHING_PIPED
        match first:
            case Identifier(name):
                return self.call(dot, name, arguments, piped)
            case Field(names):
                return self.fields(dot, names, has_arguments=has_arguments)
            case Variable(_, names) if names:
                return self.fields(
                    self.variable(first.name), names, has_arguments=has_arguments
                )
            case Chain(operand, names):
                receiver = self.operand(dot, operand)
                return self.fields(receiver, names, has_arguments=has_arguments)
            case _ if has_arguments or isinstance(first, Nil):
                raise FunctionError("not a function, or nil as a command")
            case _:
                return self.operand(dot, first)

    def operand(self, dot: object, operand: Operand) -> object:
        """The value of an operand."""
        self.budget.spend()
        value: object = None
        match operand:
            case Dot():
                value = dot
            case Constant(literal) | Number(literal, _):
                value = literal
            case Field(names):
                value = self.fields(dot, names)
            case Variable(name, names):
                value = self.fields(self.variable(name), names)
            case Identifier(name):
                value = self.call(dot, name, (), _NOTHING_PIPED)
            case Chain(inner, names):
                value = self.fields(self.operand(dot, inner), names)
            case Pipeline():
                value = self.pipeline(dot, operand)
            case Nil():
                value = None
        return value

    def variable(self, name: str) -> object:
        """The value of the innermost variable of the name."""
        self.budget.spend(len(self.variables) // _VARIABLES_A_STEP)
        for variable in reversed(self.variables):
            if variable[0] == name:
                return variable[1]
        raise FunctionError("undefined variable")

    def fields(
        self, value: object, names: tuple[str, ...], *, has_arguments: bool = False
    ) -> object:
        """The value below the names. Below a missing value everything is missing."""
        self.budget.spend(len(names))
        for name in names:
            if value is MISSING:
                return MISSING
            if not isinstance(value, dict):
                raise FunctionError("a field of a value that has none")
            if has_arguments and name is names[-1]:
                raise FunctionError("arguments for a field")
            value = value.get(name, MISSING)
        return value

    # ------------------------------------------------------------------------- calls

    def call(
        self,
        dot: object,
        name: str,
        operands: Sequence[Operand],
        piped: object,
    ) -> object:
        """Call a function. A piped value is its last argument."""
        called = self.functions[name]
        has_piped = piped is not _NOTHING_PIPED
        called.check_count(len(operands) + has_piped)
        if name in _STOPS_AT:
            return self.first_decisive(dot, operands, piped, stops_at=_STOPS_AT[name])
        arguments = [
            self.argument(dot, operand, called.kind_at(position))
            for position, operand in enumerate(operands)
        ]
        if has_piped:
            arguments.append(fitted(piped, called.kind_at(len(arguments))))
        return called.call(arguments, self.budget)

    def argument(self, dot: object, operand: Operand, kind: Kind) -> object:
        """An operand as an argument. A literal number gets the parameter's type."""
        if isinstance(operand, Number):
            if kind is Kind.INT and operand.integral is not None:
                return operand.integral
            if kind is Kind.FLOAT:
                return float(operand.value)
        return fitted(self.operand(dot, operand), kind)

    def first_decisive(
        self,
        dot: object,
        operands: Sequence[Operand],
        piped: object,
        *,
        stops_at: bool,
    ) -> object:
        """``and`` or ``or``: the argument that decides. Later ones are not run."""
        value: object = MISSING
        for operand in operands:
            value = fitted(self.operand(dot, operand), Kind.RAW)
            if is_true(value) is stops_at:
                return value
        return value if piped is _NOTHING_PIPED else piped
