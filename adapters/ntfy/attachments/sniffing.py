"""The media type of a file by its first bytes (docs/dialects/ntfy.md 4.6).

The types are those of ntfy's detector, also where IANA has registered others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from adapters.ntfy.attachments.text_sniffing import looks_like_text, sniff_text

SNIFFED_BYTES = 3072
"""The number of bytes that ntfy's detector reads."""


class FileType(NamedTuple):
    """A media type and its file extension."""

    media_type: str
    extension: str


_APK = FileType("application/vnd.android.package-archive", ".apk")
_UNKNOWN = FileType("application/octet-stream", ".bin")

_SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (rb"PK(?:\x03\x04|\x05\x06|\x07\x08)", "application/zip", ".zip"),
    (rb"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed", ".7z"),
    (rb"%PDF-|\x0a%PDF-|\xef\xbb\xbf%PDF-", "application/pdf", ".pdf"),
    (rb"%!PS-Adobe-", "application/postscript", ".ps"),
    (rb"8BPS", "image/vnd.adobe.photoshop", ".psd"),
    (rb"OggS.{24}\x7fFLAC", "audio/ogg", ".oga"),
    (rb"OggS.{24}(?:\x01vorbis|OpusHead|Speex   )", "audio/ogg", ".oga"),
    (rb"OggS.{24}(?:\x80theora|fishead\0|\x01video\0\0\0)", "video/ogg", ".ogv"),
    (rb"OggS", "application/ogg", ".ogg"),
    (rb"\x89PNG\r\n\x1a\n.{29}acTL", "image/vnd.mozilla.apng", ".png"),
    (rb"\x89PNG\r\n\x1a\n", "image/png", ".png"),
    (rb"\xff\xd8\xff", "image/jpeg", ".jpg"),
    (rb"\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n", "image/jxl", ".jxl"),
    (rb"\0\0\0\x0cjP(?:  |\x20\x20)\r\n\x87\n.{8}jp2 ", "image/jp2", ".jp2"),
    (rb"GIF8[79]a", "image/gif", ".gif"),
    (rb"RIFF.{4}WEBP", "image/webp", ".webp"),
    (rb"MZ", "application/vnd.microsoft.portable-executable", ".exe"),
    (rb"\x7fELF.{12}\x03\0|\x7fELF.{12}\0\x03", "application/x-sharedlib", ".so"),
    (rb"\x7fELF.{12}\x02\0|\x7fELF.{12}\0\x02", "application/x-executable", ""),
    (rb"\x7fELF.{12}\x01\0|\x7fELF.{12}\0\x01", "application/x-object", ""),
    (rb"\x7fELF.{12}\x04\0|\x7fELF.{12}\0\x04", "application/x-coredump", ""),
    (rb"\x7fELF", "application/x-elf", ""),
    (rb"!<arch>\ndebian-binary", "application/vnd.debian.binary-package", ".deb"),
    (rb"!<arch>", "application/x-archive", ".a"),
    (rb".{257}ustar", "application/x-tar", ".tar"),
    (rb"BZh", "application/x-bzip2", ".bz2"),
    (rb"II\x2a\0|MM\0\x2a", "image/tiff", ".tiff"),
    (rb"BM", "image/bmp", ".bmp"),
    (rb"\0\0\x01\0|\0\0\x02\0", "image/x-icon", ".ico"),
    (rb"fLaC\0\0\0\x22", "audio/flac", ".flac"),
    (rb"MThd", "audio/midi", ".midi"),
    (rb"#!AMR", "audio/amr", ".amr"),
    (rb"RIFF.{4}WAVE", "audio/wav", ".wav"),
    (rb"FORM.{4}AIF[FC]", "audio/aiff", ".aiff"),
    (rb"\0\0\x01[\xb0-\xbf]", "video/mpeg", ".mpeg"),
    (rb".{4}ftypqt  |.{4}(?:moov|mdat|free|skip|pnot|wide)", "video/quicktime", ".mov"),
    (rb".{4}ftypavi[fs]", "image/avif", ".avif"),
    (rb".{4}ftyp3g[egp]", "video/3gpp", ".3gp"),
    (rb".{4}ftypM4A ", "audio/x-m4a", ".m4a"),
    (rb".{4}ftyp(?:M4B |M4P |F4A |F4B )", "audio/mp4", ".mp4"),
    (rb".{4}ftyp(?:M4V |M4VH|M4VP)", "video/x-m4v", ".m4v"),
    (rb".{4}ftyphei[cx]", "image/heic", ".heic"),
    (rb".{4}ftyp(?:hevc|hevx)", "image/heic-sequence", ".heic"),
    (rb".{4}ftyp(?:mif1|heim|heis|avic)", "image/heif", ".heif"),
    (rb".{4}ftyp(?:msf1|hevm|hevs|avcs)", "image/heif-sequence", ".heif"),
    (rb".{4}ftyp3g2[abc]", "video/3gpp2", ".3g2"),
    (rb".{4}ftyp", "video/mp4", ".mp4"),
    (rb"\x1a\x45\xdf\xa3.{0,64}?B\x82.{1,8}?webm", "video/webm", ".webm"),
    (rb"RIFF.{4}AVI LIST", "video/x-msvideo", ".avi"),
    (rb"FLV\x01", "video/x-flv", ".flv"),
    (rb"\x1a\x45\xdf\xa3.{0,64}?B\x82.{1,8}?matroska", "video/x-matroska", ".mkv"),
    (rb"\xca\xfe\xba\xbe\0\0\0[\x2d-\xff]", "application/x-java-applet", ".class"),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage", ""),
    (rb"d8:announce", "application/x-bittorrent", ".torrent"),
    (rb"#EXTM3U", "application/vnd.apple.mpegurl", ".m3u"),
    (rb"\xff[\xf1\xf9]", "audio/aac", ".aac"),
    (rb"\x1f\x8b", "application/gzip", ".gz"),
    (rb"\0\x01\0\0", "font/ttf", ".ttf"),
    (rb"wOFF", "font/woff", ".woff"),
    (rb"wOF2", "font/woff2", ".woff2"),
    (rb"OTTO\0", "font/otf", ".otf"),
    (rb"\0asm", "application/wasm", ".wasm"),
    (rb"Rar!\x1a\x07(?:\x01\0|\0)", "application/x-rar-compressed", ".rar"),
    (rb"SQLite format 3\0", "application/vnd.sqlite3", ".sqlite"),
    (rb"\x28\xb5\x2f\xfd", "application/zstd", ".zst"),
    (rb"MSCF\0\0\0\0", "application/vnd.ms-cab-compressed", ".cab"),
    (rb"\xed\xab\xee\xdb", "application/x-rpm", ".rpm"),
    (rb"\xfd7zXZ\0", "application/x-xz", ".xz"),
    (rb"LZIP", "application/lzip", ".lz"),
    (rb"ID3|\xff[\xe2\xe3\xf2\xf3\xfa\xfb]", "audio/mpeg", ".mp3"),
)
"""Beginning of a file, type, extension. The first that matches counts."""
_TABLE = tuple(
    (re.compile(pattern, re.DOTALL), FileType(media_type, extension or ".bin"))
    for pattern, media_type, extension in _SIGNATURES
)

_OFFICE = "application/vnd.openxmlformats-officedocument"
_ZIP_CONTENTS: Mapping[bytes, FileType] = {
    b"word/": FileType(f"{_OFFICE}.wordprocessingml.document", ".docx"),
    b"ppt/": FileType(f"{_OFFICE}.presentationml.presentation", ".pptx"),
    b"xl/": FileType(f"{_OFFICE}.spreadsheetml.sheet", ".xlsx"),
    b"AndroidManifest.xml": _APK,
    b"META-INF/MANIFEST.MF": FileType("application/jar", ".jar"),
}
"""Beginning of the name of a file in a ZIP archive → the type of the archive."""
_ZIP_ENTRY = re.compile(rb"PK\x03\x04.{22}(?P<size>..).{2}", re.DOTALL)
_ZIP_DOCUMENT = re.compile(rb"PK\x03\x04.{26}mimetype([a-z0-9.+/-]{1,100})", re.DOTALL)
_ZIP_DOCUMENT_EXTENSIONS: Mapping[str, str] = {
    "application/epub+zip": ".epub",
    "application/vnd.oasis.opendocument.text": ".odt",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
    "application/vnd.oasis.opendocument.presentation": ".odp",
}


def sniff(head: bytes, name: str) -> FileType:
    """The type of a file by its first bytes; for ``.apk`` by its name."""
    if name.lower().endswith(".apk"):
        return _APK
    head = head[:SNIFFED_BYTES]
    for pattern, file_type in _TABLE:
        if pattern.match(head):
            return _look_into_zip(head) or file_type
    if looks_like_text(head):
        return FileType(*sniff_text(head, truncated=len(head) == SNIFFED_BYTES))
    return _UNKNOWN


def _look_into_zip(head: bytes) -> FileType | None:
    """The type of a document or program that is a ZIP archive, None for others."""
    if found := _ZIP_DOCUMENT.match(head):
        media_type = found[1].decode("ascii").partition("PK")[0]
        extension = _ZIP_DOCUMENT_EXTENSIONS.get(media_type)
        return FileType(media_type, extension) if extension else None
    for entry in _ZIP_ENTRY.finditer(head):
        name = head[entry.end() : entry.end() + int.from_bytes(entry["size"], "little")]
        for start, file_type in _ZIP_CONTENTS.items():
            if name.startswith(start):
                return file_type
    return None
