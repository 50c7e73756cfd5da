"""What a browser does without a script: it keeps cookies and posts forms."""

from __future__ import annotations

from http.cookies import SimpleCookie
from urllib.parse import urlencode

from tests.gateway import Gateway
from tests.wire import Reply


class Browser:
    """A browser at ``http://nas.test``, on plain http: it sends Origin alone."""

    def __init__(self, gateway: Gateway, *headers: tuple[str, str]) -> None:
        """``headers`` ride along with each request, such as a proxy's."""
        self._gateway = gateway
        self._headers = headers
        self.cookies: dict[str, str] = {}
        self.origin = "http://nas.test"

    def get(self, path: str) -> Reply:
        """Open an address."""
        return self._send("GET", path, {})

    def post(self, path: str, **fields: str) -> Reply:
        """Send a form; the answer, which usually leads on."""
        return self._send("POST", path, fields)

    def sign_in_as_operator(self, token: str) -> Reply:
        """Fill in the operator's form."""
        return self.post("/admin/sign-in", token=token, next="admin")

    def _send(self, method: str, path: str, fields: dict[str, str]) -> Reply:
        headers = [("Host", "nas.test"), *self._headers]
        if method == "POST":
            headers += [
                ("Content-Type", "application/x-www-form-urlencoded"),
                ("Origin", self.origin),
            ]
        if self.cookies:
            shown = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            headers.append(("Cookie", shown))
        lines = [(name, value.encode()) for name, value in headers]
        reply = self._gateway.native(method, path, lines, urlencode(fields).encode())
        for line in reply.headers.getall("Set-Cookie", ()):
            for name, morsel in SimpleCookie(line).items():
                if morsel.value:
                    self.cookies[name] = morsel.value
                else:
                    self.cookies.pop(name, None)
        return reply
