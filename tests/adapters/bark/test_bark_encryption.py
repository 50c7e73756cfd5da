"""A phone can still open an encrypted push (docs/dialects/bark.md, 10)."""

from __future__ import annotations

import base64
import json

import pytest

from adapters.bark import BARK, BarkDialect
from pushgo_compat.legacy import Note
from pushgo_compat.model import NativeMessage
from tests.adapters.bark_vectors import (
    GCM_TEXT,
    KEY_32,
    PLAINTEXT,
    VECTORS,
    Vector,
    decrypt,
    open_envelope,
)
from tests.golden import KEY, Case, run_pure

REJOINING = BarkDialect(rejoin_iv=True)


def push(ciphertext: str, iv: str, dialect: BarkDialect = BARK) -> NativeMessage:
    fields = {"ciphertext": ciphertext, **({"iv": iv} if iv else {})}
    return translated(fields, dialect)[0]


def translated(
    fields: dict[str, str], dialect: BarkDialect
) -> tuple[NativeMessage, tuple[Note, ...]]:
    request = {
        "method": "POST",
        "path": f"/{KEY}",
        "headers": [["Content-Type", "application/json"]],
        "body": json.dumps(fields),
    }
    case = Case(id="encrypted", dialect="bark", request=request, expect={})
    translation = run_pure(dialect, case).translation
    assert translation is not None
    assert translation.message is not None
    return translation.message, translation.notes


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.mode)
def test_ciphertext_comes_through_byte_for_byte_and_decrypts(vector: Vector) -> None:
    message = push(vector.ciphertext, vector.iv)
    assert message.ciphertext == vector.ciphertext
    iv = str(message.metadata.get("compat.bark.iv", ""))
    assert decrypt(vector, message.ciphertext, iv) == PLAINTEXT
    assert (message.title, message.body) == ("Notification", None)


def test_rejoined_gcm_push_ends_in_its_iv_and_opens_with_the_same_key() -> None:
    message = push(GCM_TEXT, "abcdefghijkl", REJOINING)
    assert message.ciphertext is not None
    envelope = base64.b64decode(message.ciphertext, validate=True)
    assert envelope == base64.b64decode(GCM_TEXT) + b"abcdefghijkl"
    assert open_envelope(KEY_32, message.ciphertext) == PLAINTEXT
    assert message.metadata == {"compat.bark.iv": "abcdefghijkl"}


def test_rejoining_is_noted() -> None:
    fields = {"ciphertext": GCM_TEXT, "iv": "abcdefghijkl"}
    _, notes = translated(fields, REJOINING)
    assert Note("ciphertext", "ciphertext_rejoined") in notes


@pytest.mark.parametrize(
    ("ciphertext", "iv"),
    [
        (VECTORS[0].ciphertext, VECTORS[0].iv),
        (VECTORS[2].ciphertext, ""),
        (GCM_TEXT, "abcdefghijk"),
        (GCM_TEXT, "abcdefghijké"),
        ("not base64!", "abcdefghijkl"),
        (base64.b64encode(b"x" * 16).decode(), "abcdefghijkl"),
    ],
    ids=["cbc", "ecb", "short iv", "iv beyond ascii", "no base64", "tag alone"],
)
def test_what_is_not_gcm_is_passed_on_even_when_rejoining(
    ciphertext: str, iv: str
) -> None:
    assert push(ciphertext, iv, REJOINING).ciphertext == ciphertext


def test_seventeen_bytes_are_the_least_that_is_rejoined() -> None:
    sealed = base64.b64encode(b"x" * 17).decode()
    rejoined = base64.b64encode(b"x" * 17 + b"abcdefghijkl").decode()
    assert push(sealed, "abcdefghijkl", REJOINING).ciphertext == rejoined


ENVELOPE = base64.b64encode(base64.b64decode(GCM_TEXT) + b"abcdefghijkl").decode()


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("\n".join((GCM_TEXT[:40], GCM_TEXT[40:], "")), id="lines"),
        pytest.param("\r\n".join((GCM_TEXT[:76], GCM_TEXT[76:])), id="crlf"),
        pytest.param(f" {GCM_TEXT[:9]}\t{GCM_TEXT[9:]}", id="blanks"),
        pytest.param(GCM_TEXT.rstrip("="), id="unpadded"),
        pytest.param(GCM_TEXT.replace("+", "-").replace("/", "_"), id="url-safe"),
        pytest.param(
            GCM_TEXT.replace("+", "-").replace("/", "_").rstrip("="),
            id="url-safe-unpadded",
        ),
    ],
)
def test_a_rejoined_push_may_be_written_in_any_form_of_base64(written: str) -> None:
    assert written != GCM_TEXT
    assert push(written, "abcdefghijkl").ciphertext == written
    message = push(written, "abcdefghijkl", REJOINING)
    assert message.ciphertext == ENVELOPE
    assert open_envelope(KEY_32, message.ciphertext) == PLAINTEXT


@pytest.mark.parametrize("path", [f"/{KEY}", f"/{KEY}/b"])
def test_plus_signs_of_an_unpadded_push_come_back_when_it_is_rejoined(
    path: str,
) -> None:
    """``curl -d ciphertext=…`` without escapes: each plus sign arrives as a blank."""
    unpadded = GCM_TEXT.rstrip("=")
    assert "+" in unpadded
    request = {
        "method": "POST",
        "path": path,
        "headers": [["Content-Type", "application/x-www-form-urlencoded"]],
        "body": f"ciphertext={unpadded}&iv=abcdefghijkl",
    }
    case = Case(id="unescaped", dialect="bark", request=request, expect={})
    translation = run_pure(REJOINING, case).translation
    assert translation is not None
    assert translation.message is not None
    assert translation.message.ciphertext == ENVELOPE


@pytest.mark.parametrize(
    "written",
    [GCM_TEXT[:-3], f"={GCM_TEXT}", f"{GCM_TEXT}==", f"{GCM_TEXT}!", "AAAA", "="],
)
def test_what_is_no_base64_of_a_sealed_text_is_passed_on_as_it_is(
    written: str,
) -> None:
    assert push(written, "abcdefghijkl", REJOINING).ciphertext == written
