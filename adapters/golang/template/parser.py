"""The statements of a template, by the rules of Go's parser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from adapters.golang.template.faults import NOT_PARSED, Budget, TemplateFault
from adapters.golang.template.functions import Function
from adapters.golang.template.lexer import END, Token, tokens_of
from adapters.golang.template.literals import read_char, read_number, read_string
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

_TOKEN_PRICE = 2
"""In steps: one for the lexer, one for the parser."""
_VARIABLES_A_STEP = 64
_MAX_DEPTH = 100
"""Of nested blocks and parentheses; Go allows thousands."""
_BLOCKS: Mapping[str, type[If | With | Range]] = {
    "if": If,
    "with": With,
    "range": Range,
}
_JUMPS: Mapping[str, Statement] = {"break": Break(), "continue": Continue()}
_ELSE, _END = "else", "end"
_NO_FUNCTIONS = frozenset(
    {*_BLOCKS, *_JUMPS, _ELSE, _END, "block", "define", "template"}
)
_BOOLEANS = {"true": Constant(True), "false": Constant(False)}
_NOT_EXECUTABLE = (Dot, Nil, Constant, Number)


def parse(
    template: str, functions: Mapping[str, Function], budget: Budget
) -> tuple[Statement, ...]:
    """Parse a template. Raises TemplateFault for a text that Go refuses as well.

    Undeclared variables, unknown functions and nesting over the limit are refused here,
    before anything is executed.
    """
    tokens: list[Token] = []
    for token in tokens_of(template):
        budget.spend(_TOKEN_PRICE)
        tokens.append(token)
    return _Parser([*tokens, END], functions, budget).parse()


@dataclass(slots=True)
class _Parser:
    """A position among the tokens, and the variables declared so far."""

    tokens: Sequence[Token]
    functions: Mapping[str, Function]
    budget: Budget
    position: int = 0
    variables: list[str] = field(default_factory=lambda: ["$"])
    depth: int = 0
    ranges: int = 0
    blocks: dict[str, tuple[Statement, ...]] = field(default_factory=dict)
    """The bodies that ``block`` has named."""

    # ---------------------------------------------------------------- reading tokens

    @property
    def token(self) -> Token:
        """The token at the position."""
        return self.tokens[self.position]

    def take(self) -> Token:
        """Return the token and go to the next; the last token is never passed."""
        token = self.token
        if token is not END:
            self.position += 1
        return token

    def take_if(self, kind: str) -> bool:
        """Take the token if it is of this kind."""
        found = self.token.kind == kind
        if found:
            self.take()
        return found

    def skip_space(self) -> None:
        """Skip blanks."""
        self.take_if("space")

    def next_kind(self) -> str:
        """The kind of the next token that is not blank."""
        self.skip_space()
        return self.token.kind

    def expect(self, kind: str) -> None:
        """Take a token after optional blanks. Raises TemplateFault for another."""
        self.skip_space()
        if not self.take_if(kind):
            raise TemplateFault(NOT_PARSED)

    # -------------------------------------------------------------------- statements

    def parse(self) -> tuple[Statement, ...]:
        """Parse the whole template."""
        statements, ended_by = self.statements()
        if ended_by:
            raise TemplateFault(NOT_PARSED)
        self.define("", statements)  # the name of the whole template
        return statements

    def statements(self) -> tuple[tuple[Statement, ...], str]:
        """Parse statements up to ``else`` or ``end``, and return that word.

        The word is "" at the end of the text. The rest of its action is not taken yet.
        """
        statements: list[Statement] = []
        while self.token is not END:
            token = self.take()
            if token.kind == "text":
                statements.append(Text(token.text))
                continue
            self.skip_space()
            word = self.token.text if self.token.kind == "word" else ""
            if word in (_ELSE, _END):
                self.take()
                return tuple(statements), word
            statements.append(self.action(word))
        return tuple(statements), ""

    def action(self, word: str) -> Statement:
        """Parse an action and, where it opens a block, the whole block."""
        if word in _BLOCKS:
            self.take()
            return self.block(word)
        if word == "block":
            self.take()
            return self.named_block()
        if word in _JUMPS:
            self.take()
            self.expect("close")
            if not self.ranges:
                raise TemplateFault(NOT_PARSED)
            return _JUMPS[word]
        return Action(self.pipeline("close"))

    def block(self, word: str) -> Statement:
        """Parse ``if``, ``with`` or ``range``. Its variables end with it."""
        known = len(self.variables)
        self.go_deeper()
        pipeline = self.pipeline("close", in_range=word == "range")
        self.ranges += word == "range"
        body, ended_by = self.statements()
        self.ranges -= word == "range"
        otherwise = self.otherwise(word) if ended_by == _ELSE else ()
        if ended_by == _END:
            self.expect("close")
        elif not ended_by:
            raise TemplateFault(NOT_PARSED)
        del self.variables[known:]
        self.depth -= 1
        return _BLOCKS[word](pipeline, body, otherwise)

    def named_block(self) -> Block:
        """Parse ``block``: a template of its own, rendered where it stands.

        Of what is around it, it sees neither variables nor loops.
        """
        self.skip_space()
        if self.token.kind != "string":
            raise TemplateFault(NOT_PARSED)
        name = read_string(self.take().text)
        pipeline = self.pipeline("close")
        variables, ranges = self.variables, self.ranges
        self.variables, self.ranges = ["$"], 0
        self.go_deeper()
        body, ended_by = self.statements()
        if ended_by != _END:
            raise TemplateFault(NOT_PARSED)
        self.expect("close")
        self.depth -= 1
        self.variables, self.ranges = variables, ranges
        self.define(name, body)
        return Block(name, pipeline, self.blocks)

    def define(self, name: str, body: tuple[Statement, ...]) -> None:
        """Give a body its name. An empty one yields to another of the same name."""
        if _is_empty(self.blocks.get(name, ())):
            self.blocks[name] = body
        elif not _is_empty(body):
            raise TemplateFault(NOT_PARSED)

    def otherwise(self, word: str) -> tuple[Statement, ...]:
        """Parse behind ``else``: statements, or a block with the same end."""
        self.skip_space()
        if word != "range" and self.token == Token("word", word):
            self.take()
            return (self.block(word),)
        self.expect("close")
        body, ended_by = self.statements()
        if ended_by != _END:
            raise TemplateFault(NOT_PARSED)
        self.expect("close")
        return body

    def go_deeper(self) -> None:
        """Count a nested block or parenthesis. Raises TemplateFault over the limit."""
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise TemplateFault(NOT_PARSED)

    # --------------------------------------------------------------------- pipelines

    def pipeline(self, closed_by: str, *, in_range: bool = False) -> Pipeline:
        """Parse declarations, then commands up to the closing token, which is taken."""
        variables, assigns = self.declarations(in_range=in_range)
        commands: list[Command] = []
        self.skip_space()
        while not commands or not self.take_if(closed_by):
            command = self.command(closed_by)
            if commands and isinstance(command.operands[0], _NOT_EXECUTABLE):
                raise TemplateFault(NOT_PARSED)
            commands.append(command)
        return Pipeline(tuple(commands), variables, assigns)

    def declarations(self, *, in_range: bool) -> tuple[tuple[str, ...], bool]:
        """Parse ``$x :=``, ``$x =`` or ``$k, $v :=``; without them take nothing."""
        start = self.position
        names: list[str] = []
        while self.next_kind() == "variable":
            names.append(self.take().text)
            self.skip_space()
            if self.token.kind in ("=", "declare"):
                self.variables.extend(names)
                return tuple(names), self.take().kind == "="
            if not self.take_if(","):
                break
            if not in_range or len(names) > 1:
                raise TemplateFault(NOT_PARSED)
        if len(names) > 1:
            raise TemplateFault(NOT_PARSED)
        self.position = start
        return (), False

    def command(self, closed_by: str) -> Command:
        """Parse operands with blanks between them, up to a bar or the closing token."""
        operands = [self.operand()]
        while True:
            spaced = self.take_if("space")
            if self.token.kind == closed_by:
                break
            if self.take_if("|"):
                self.skip_space()
                break
            if not spaced:
                raise TemplateFault(NOT_PARSED)
            operands.append(self.operand())
        return Command(tuple(operands))

    def operand(self) -> Operand:
        """Parse a term and the fields behind it."""
        term = self.term()
        names = []
        while self.token.kind == "field":
            names.append(self.take().text[1:])
        if not names:
            return term
        match term:
            case Field(known):
                return Field((*known, *names))
            case Variable(name):
                return Variable(name, tuple(names))
            case Identifier() | Pipeline():
                return Chain(term, tuple(names))
            case _:
                raise TemplateFault(NOT_PARSED)

    def term(self) -> Operand:
        """Parse one value, or a pipeline in parentheses."""
        token = self.take()
        term: Operand
        match token.kind:
            case "field":
                term = Field((token.text[1:],))
            case "dot":
                term = Dot()
            case "word":
                term = self.word(token.text)
            case "variable":
                term = self.variable(token.text)
            case "string":
                term = Constant(read_string(token.text))
            case "char":
                term = read_char(token.text)
            case "number":
                term = read_number(token.text)
            case "(":
                self.go_deeper()
                term = self.pipeline(")")
                self.depth -= 1
            case _:
                raise TemplateFault(NOT_PARSED)
        return term

    def word(self, name: str) -> Operand:
        """Parse a literal or the name of a function."""
        if name in _BOOLEANS:
            return _BOOLEANS[name]
        if name == "nil":
            return Nil()
        if name in _NO_FUNCTIONS or name not in self.functions:
            raise TemplateFault(NOT_PARSED)
        if why := self.functions[name].absent:
            raise TemplateFault(NOT_PARSED, f"{name}: {why}")
        return Identifier(name)

    def variable(self, name: str) -> Variable:
        """Parse a variable. Raises TemplateFault if it was not declared."""
        self.budget.spend(len(self.variables) // _VARIABLES_A_STEP)
        if name not in self.variables:
            raise TemplateFault(NOT_PARSED)
        return Variable(name)


def _is_empty(body: Sequence[Statement]) -> bool:
    """Whether a body holds nothing but blanks."""
    return all(isinstance(one, Text) and not one.text.strip() for one in body)
