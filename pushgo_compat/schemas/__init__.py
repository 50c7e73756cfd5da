"""The native wire format and the model, in both directions (docs/native-api.md).

``message`` has the rules of ``POST /message`` as a marshmallow schema, ``fields`` their
kinds, ``decoding`` turns bodies and query strings into what the schema reads, and
``payload`` is how a message is stored.
"""

from pushgo_compat.schemas.decoding import parse_json_object, parse_query
from pushgo_compat.schemas.message import MessageSchema, NativeRequest, load_request
from pushgo_compat.schemas.payload import decode_message, encode_message

__all__ = [
    "MessageSchema",
    "NativeRequest",
    "decode_message",
    "encode_message",
    "load_request",
    "parse_json_object",
    "parse_query",
]
