"""Files that are made to keep a scan busy: nested, repeated, never closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

_URL = "https://ntfy.sh/abc"
PROGRAMS = ("py", "js", "php", "go", "ps1", "java", "rb", "lua")
_SETTINGS = ("sh", "yml", "json", "env", "xml", "service", "bat", "toml")
_UNCLOSED = (
    *('"', "'", "`", '"""', "/*", "<<<A\n", "@'\n", "[[", "--[[", "${", "\\", "%("),
    *("{{", "{", 'f"{', "$(", "#{", "<!--", "?>", "<?php ", "(", "[", "post(", "new "),
    *("post({a:", "x={", "post(a,", "post(\n", "f(f", ".format(", "% '%s%s'\n"),
)


EXTENSIONS = (*PROGRAMS, *_SETTINGS)


def hostile(size: int, extension: str) -> Iterator[tuple[str, str]]:
    """Names of files, and texts whose length grows with ``size``."""
    if extension in PROGRAMS:
        begin = "<?php\n" if extension == "php" else ""
        for number, text in enumerate(_programs(size, extension)):
            yield f"p{number}.{extension}", begin + text
    else:
        for number, text in enumerate(_scripts(size)):
            yield f"s{number}.{extension}", text


def _programs(size: int, extension: str) -> Iterator[str]:
    sign = "$" if extension in ("php", "ps1", "rb") else ""
    plus = {"php": ".", "lua": ".."}.get(extension, "+")

    def name(number: int) -> str:
        return f"{sign}v{number}"

    first = f'{name(0)} = "{_URL}";\n'
    yield first + _lines(
        size, lambda i: f'{name(i + 1)} = {name(i)} {plus} "x";\npost({name(i + 1)});'
    )
    yield first + _lines(size, lambda i: f"{name(i + 1)} = {name(i)} {plus} {name(i)};")
    yield _lines(
        size,
        lambda i: (
            f"{name(i)} = {name((i * 7 + 1) % size)}"
            f" {plus} {name((i * 13 + 5) % size)};"
            f'\npost({name(i)}, "{_URL}");'
        ),
    )
    yield _lines(size, lambda i: f'{name(0)} = "{_URL}"; post({name(0)});')
    yield (
        f'{name(0)} = "{_URL}{"y" * 40 * size}";\n'
        + _lines(size, lambda i: f"post({name(0)});")
    )
    yield f'r = newrequest("{_URL}")\n' + _lines(
        size, lambda i: f'r.header.set("a{i}", "b");'
    )
    yield f'post("{_URL}",\n' * size
    yield f'post("{_URL}");\n' + "a = post(a\n" * size
    # One grammar reads all of these languages.
    for piece in _UNCLOSED if extension == "py" else ():
        yield f'post("{_URL}");\n' + piece * size
        yield f'post("{_URL}' + piece.replace('"', "'") * size + '");\n'


def _scripts(size: int) -> Iterator[str]:
    yield f"curl -d hi {_URL}\n" * size
    yield f"A0={_URL}\n" + _lines(
        size, lambda i: f"A{i + 1}=$A{i}$A{i}; curl -d x $A{i + 1}"
    )
    yield f"curl -d x {_URL} --next \\\n " * size
    yield f"curl {_URL}" + "{a,b}" * size
    yield f"curl {_URL}" + "[1-99]" * size
    yield f"curl {_URL} -d " + "$(" * size + ")" * size
    yield f"cat <<E | curl -d @- {_URL}\nx\nE\n" * size
    yield f"curl -d @- {_URL} <<E\n" * size
    yield "<ntfyurl>" * size + _URL + "</ntfyurl>" * size
    yield f"if true; then curl {_URL}\n" * size
    yield f"curl {_URL}|" * size
    yield f"http POST {_URL} a" + "[b]" * size + "=1"
    yield '{"a":[' + f'{{"url":"{_URL}","x":"curl -d x {_URL}"}},\n' * size + "1]}"
    yield '{"a":\n' * size + f'"{_URL}"' + "}" * size
    yield f"a: |\n  {_URL}\n" + f"  curl -d x {_URL}\n" * size
    yield f"a0: &a0 {_URL}\n" + _lines(
        size, lambda i: f"a{i + 1}: &a{i + 1} [*a{i}, *a{i}]"
    )
    yield f"NTFY_URL_0={_URL}\n" * size
    yield "ntfy_" * size + "=x\n" + "ntfy_topic=" * size + _URL
    yield f"NTFY_URL{' ' * 20 * size}x\n{_URL}"
    yield f"{' ' * 20 * size}\n{_URL}"
    yield f"{'[' * size}ntfy_url = {_URL}"
    yield "https://" * size + _URL
    yield f"ntfy pub {'a ' * size}"


def _lines(size: int, line: Callable[[int], str]) -> str:
    return "\n".join(line(number) for number in range(size)) + "\n"
