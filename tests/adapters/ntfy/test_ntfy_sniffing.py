"""Types of files by their first bytes, as ntfy's own detector gives them."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.ntfy.attachments.sniffing import SNIFFED_BYTES, sniff

TXT, BIN = ".txt", "application/octet-stream"
UTF8, LATIN1 = "text/plain; charset=utf-8", "text/plain; charset=iso-8859-1"
OFFICE = "application/vnd.openxmlformats-officedocument"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
XML = b'<?xml version="1.0"?>'


def zipped(*names: str, media_type: str = "") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, media_type if name == "mimetype" else "content")
    return file.getvalue()


def tarred() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.txt"))
    return file.getvalue()


def movie(brand: str) -> bytes:
    return b"\0\0\0\x20ftyp" + brand.encode() + b"\0\0\0\0isom"


def ogg(codec: bytes) -> bytes:
    return b"OggS" + bytes(24) + codec


def matroska(kind: bytes) -> bytes:
    return b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82" + bytes([len(kind)]) + kind


TYPES = [
    (b"", "text/plain", TXT),
    (b"hello", UTF8, TXT),
    ("grüße 日志".encode(), UTF8, TXT),
    (("a" + "日" * 2000).encode(), UTF8, TXT),
    (b"Gr\xfc\xdfe", LATIN1, TXT),
    (b"abc\xc3", LATIN1, TXT),
    (b"Gr\xfc\xdfe\x85", "text/plain; charset=windows-1252", TXT),
    (b"\x93quoted\x94", "text/plain", TXT),
    (b"a\x7fb", "text/plain", TXT),
    (b"\x1b[31mred\x1b[0m", UTF8, TXT),
    (b"\xef\xbb\xbfhi", UTF8, TXT),
    (b"\xff\xfeh\0", "text/plain; charset=utf-16le", TXT),
    (b"\xfe\xff\0h", "text/plain; charset=utf-16be", TXT),
    (b"a\x01b", BIN, ".bin"),
    (b"\0\1\2\xff", BIN, ".bin"),
    (b"<html><body>", "text/html; charset=utf-8", ".html"),
    (b"  <!DOCTYPE html>\n<p>", "text/html; charset=utf-8", ".html"),
    (b"\xef\xbb\xbf<html>", "text/html; charset=utf-8", ".html"),
    (b"<htmlx>", UTF8, TXT),
    (XML + b"<a/>", "text/xml; charset=utf-8", ".xml"),
    (XML + b"<rss></rss>", "application/rss+xml", ".rss"),
    (XML + b'\n<svg xmlns="x"/>', "image/svg+xml", ".svg"),
    (b"<svg></svg>", "image/svg+xml", ".svg"),
    (b'{"a": 1}', "application/json", ".json"),
    (b"[]", "application/json", ".json"),
    (b"[1, 2,", UTF8, TXT),
    (b"123", UTF8, TXT),
    (b'{"a":1}\n{"b":2}\n', "application/x-ndjson", ".ndjson"),
    (json.dumps([{"k": "x" * 60}] * 90).encode(), "application/json", ".json"),
    (json.dumps({"k": "x" * 5000}).encode(), "application/json", ".json"),
    (b"a,b,c\n1,2,3\n", "text/csv", ".csv"),
    (b"a,b\n1,2,3\n", UTF8, TXT),
    (b"id,name\n" + b"1,abc\n" * 1000, "text/csv", ".csv"),
    (b"a\tb\n1\t2\n", "text/tab-separated-values", ".tsv"),
    (b"#!/usr/bin/env python\nprint(1)", "text/x-python", ".py"),
    (b"#!/bin/sh\necho", UTF8, TXT),
    (b"<?php echo 1;", "text/x-php", ".php"),
    (b"{\\rtf1 hi}", "text/rtf", ".rtf"),
    (b"BEGIN:VCARD\nEND:VCARD", "text/vcard", ".vcf"),
    (b"BEGIN:VCALENDAR\nEND:VCALENDAR", "text/calendar", ".ics"),
    (b"WEBVTT\n\n", "text/vtt", ".vtt"),
    (b"%PDF-1.7\n", "application/pdf", ".pdf"),
    (PNG, "image/png", ".png"),
    (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg", ".jpg"),
    (b"GIF89a", "image/gif", ".gif"),
    (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp", ".webp"),
    (b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", "image/bmp", ".bmp"),
    (b"II*\0", "image/tiff", ".tiff"),
    (b"\0\0\1\0\1\0", "image/x-icon", ".ico"),
    (movie("avif"), "image/avif", ".avif"),
    (movie("heic"), "image/heic", ".heic"),
    (movie("mif1"), "image/heif", ".heif"),
    (movie("isom"), "video/mp4", ".mp4"),
    (movie("M4A "), "audio/x-m4a", ".m4a"),
    (movie("qt  "), "video/quicktime", ".mov"),
    (matroska(b"webm"), "video/webm", ".webm"),
    (matroska(b"matroska"), "video/x-matroska", ".mkv"),
    (b"RIFF\0\0\0\0AVI LIST", "video/x-msvideo", ".avi"),
    (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav", ".wav"),
    (ogg(b"OpusHead"), "audio/ogg", ".oga"),
    (ogg(b"\x80theora"), "video/ogg", ".ogv"),
    (b"fLaC\0\0\0\x22", "audio/flac", ".flac"),
    (b"ID3\x03\0", "audio/mpeg", ".mp3"),
    (b"\xff\xfb\x90\x64", "audio/mpeg", ".mp3"),
    (gzip.compress(b"hello", mtime=0), "application/gzip", ".gz"),
    (bz2.compress(b"hello"), "application/x-bzip2", ".bz2"),
    (lzma.compress(b"hello"), "application/x-xz", ".xz"),
    (b"\x28\xb5\x2f\xfd", "application/zstd", ".zst"),
    (b"7z\xbc\xaf\x27\x1c\0\4", "application/x-7z-compressed", ".7z"),
    (b"Rar!\x1a\x07\1\0", "application/x-rar-compressed", ".rar"),
    (tarred(), "application/x-tar", ".tar"),
    (zipped("a.txt", "b.txt"), "application/zip", ".zip"),
    (zipped("META-INF/MANIFEST.MF"), "application/jar", ".jar"),
    (
        zipped("_rels/.rels", "word/a.xml"),
        f"{OFFICE}.wordprocessingml.document",
        ".docx",
    ),
    (zipped("_rels/.rels", "xl/a.xml"), f"{OFFICE}.spreadsheetml.sheet", ".xlsx"),
    (
        zipped("mimetype", media_type="application/epub+zip"),
        "application/epub+zip",
        ".epub",
    ),
    (b"\x7fELF\2\1\1" + bytes(9) + b"\2\0", "application/x-executable", ".bin"),
    (b"MZ\x90\0", "application/vnd.microsoft.portable-executable", ".exe"),
    (b"SQLite format 3\0", "application/vnd.sqlite3", ".sqlite"),
    (b"\0asm\1\0\0\0", "application/wasm", ".wasm"),
]


@pytest.mark.parametrize(("head", "media_type", "extension"), TYPES)
def test_a_file_is_known_by_its_beginning(
    head: bytes, media_type: str, extension: str
) -> None:
    assert sniff(head, "name.doc") == (media_type, extension)


@pytest.mark.parametrize("name", ["app.apk", "App.APK", ".apk"])
def test_a_package_of_android_is_known_by_its_name(name: str) -> None:
    assert sniff(b"hello", name) == ("application/vnd.android.package-archive", ".apk")


@given(st.binary(max_size=200), st.sampled_from([b"", b"PK\3\4", b"{", b"<", b"#!"]))
def test_any_bytes_have_a_type(head: bytes, start: bytes) -> None:
    media_type, extension = sniff(start + head, "")
    assert "/" in media_type
    assert extension.startswith(".")


@pytest.mark.parametrize("start", [b"[", b'{"a":', b'"', b"a,", b"<!--", b"<?xml "])
def test_deep_or_long_text_is_told_at_once(start: bytes) -> None:
    assert sniff((start * SNIFFED_BYTES)[: 2 * SNIFFED_BYTES], "")
