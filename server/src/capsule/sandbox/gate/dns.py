"""Read the question of a DNS message and write short answers. Pure; RFC 1035 as far as a relay needs it."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from capsule.kit.addresses import Address

A, AAAA = 1, 28
NO_ERROR, SERVER_FAILURE, NO_SUCH_NAME = 0, 2, 3

_HEADER = struct.Struct("!6H")
_RESPONSE, _QUERY_KEPT, _RECURSION_AVAILABLE = 0x8000, 0x0110, 0x0080
_OPCODE = 0x7800
_TTL_SECONDS = 30
_TO_THE_QUESTION = 0xC00C


@dataclass(frozen=True)
class Question:
    name: str
    """Lower case, without the last dot. What is no plain text in it is replaced, so it matches no entry."""
    kind: int
    end: int
    """Where in the message the question ends."""


def read_question(message: bytes) -> Question | None:
    """Return the one question of a query; None for anything else."""
    if len(message) < _HEADER.size:
        return None
    _, flags, questions, *_ = _HEADER.unpack_from(message)
    if flags & (_RESPONSE | _OPCODE) or questions != 1:
        return None
    labels: list[str] = []
    at = _HEADER.size
    while at < len(message) and (length := message[at]):
        if length > 63 or at + 1 + length > len(message):
            return None
        label = message[at + 1 : at + 1 + length].decode("ascii", "replace")
        labels.append(label.lower().replace(".", "\ufffd"))
        at += 1 + length
    if at + 5 > len(message) or at - _HEADER.size > 254:
        return None
    return Question(".".join(labels), int.from_bytes(message[at + 1 : at + 3]), at + 5)


def with_id(message: bytes, id_: int) -> bytes:
    return struct.pack("!H", id_) + message[2:]


def write_answer(query: bytes, question: Question, code: int, addresses: Sequence[Address] = ()) -> bytes:
    """Answer with those of the addresses that were asked for (A or AAAA)."""
    id_, flags, *_ = _HEADER.unpack_from(query)
    version = {A: 4, AAAA: 6}.get(question.kind)
    packed = [address.packed for address in addresses if address.version == version]
    header = _HEADER.pack(
        id_, _RESPONSE | flags & _QUERY_KEPT | _RECURSION_AVAILABLE | code, 1, len(packed), 0, 0
    )
    records = [
        struct.pack("!HHHIH", _TO_THE_QUESTION, question.kind, 1, _TTL_SECONDS, len(item)) + item
        for item in packed
    ]
    return header + query[_HEADER.size : question.end] + b"".join(records)
