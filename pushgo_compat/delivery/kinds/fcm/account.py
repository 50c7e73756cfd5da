"""A Google service account and its access token (RFC 7523, JWT bearer grant).

Twelve lines on ``cryptography``: google-auth brings ``requests`` in a thread and asks
for ten tokens when ten sends need one at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from yarl import URL

from pushgo_compat.core.delivery import Misconfigured, Retry, Scope
from pushgo_compat.delivery.sending.http import Answer, HttpClient
from pushgo_compat.delivery.sending.vapid import b64url

SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
TOKEN_ENDPOINT = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
TOKEN_S = 3600
RENEW_BEFORE_S = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The content of the service account's JSON key file."""

    project_id: str
    client_email: str
    private_key: str = field(repr=False)


def read_account(document: str) -> Account:
    """Read the key file. Raises ValueError for anything else."""
    try:
        fields = orjson.loads(document)
        account = Account(
            project_id=fields["project_id"],
            client_email=fields["client_email"],
            private_key=fields["private_key"],
        )
        load_rsa(account.private_key)
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise ValueError("no service account's JSON key file") from error
    return account


def load_rsa(pem: str) -> rsa.RSAPrivateKey:
    """Read a PEM key. Raises ValueError."""
    key = serialization.load_pem_private_key(pem.encode(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("no RSA key")
    return key


def make_assertion(account: Account, now_s: int) -> str:
    """The signed claim that is exchanged for a token.

    ``aud`` is Google's address whatever endpoint is asked, as Google's own libraries
    have it.
    """
    claims = {
        "iss": account.client_email,
        "scope": SCOPE,
        "aud": TOKEN_ENDPOINT,
        "iat": now_s,
        "exp": now_s + TOKEN_S,
    }
    head = b64url(orjson.dumps({"alg": "RS256", "typ": "JWT"}))
    signed = f"{head}.{b64url(orjson.dumps(claims))}"
    signature = load_rsa(account.private_key).sign(
        signed.encode(), padding.PKCS1v15(), hashes.SHA256()
    )
    return f"{signed}.{b64url(signature)}"


class AccessTokens:
    """One token an account, renewed five minutes early, asked for once at a time."""

    def __init__(self) -> None:
        self._tokens: dict[str, tuple[int, str]] = {}
        self._lock = asyncio.Lock()

    async def token(
        self,
        http: HttpClient,
        account: Account,
        endpoint: str,
        now_ms: int,
    ) -> str | Retry | Misconfigured:
        """A token, or why there is none."""
        now_s = now_ms // 1000
        name = f"{account.client_email} {endpoint}"
        async with self._lock:
            until_s, token = self._tokens.get(name, (0, ""))
            if now_s < until_s - RENEW_BEFORE_S:
                return token
            got = await _ask(http, account, endpoint, now_ms)
            if not isinstance(got, Mapping):
                return got
            token = str(got["access_token"])
            self._tokens[name] = (now_s + int(str(got["expires_in"])), token)
            return token

    def forget(self, account: Account, endpoint: str) -> None:
        """A token was refused: the next send asks for another."""
        self._tokens.pop(f"{account.client_email} {endpoint}", None)


async def _ask(
    http: HttpClient, account: Account, endpoint: str, now_ms: int
) -> Mapping[str, object] | Retry | Misconfigured:
    form = {
        "grant_type": _GRANT,
        "assertion": make_assertion(account, now_ms // 1000),
    }
    body = URL().with_query(form).raw_query_string.encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await http.post(endpoint, body, headers)
    if not isinstance(answer, Answer):
        return answer
    document = answer.json
    if answer.status == 200 and document.keys() >= {"access_token", "expires_in"}:  # noqa: PLR2004
        return document
    if answer.status >= 500 or answer.status == 429:  # noqa: PLR2004
        reason = f"no access token: status {answer.status}"
        return Retry(reason, Scope.GROUP, answer.retry_after_s)
    told = answer.text_of("error_description") or answer.text_of("error")
    return Misconfigured(f"no access token: {told[:200] or answer.status}")
