"""How much and how long a request may take, and the refusals that name them."""

from dataclasses import dataclass

from capsule.errors import InvalidInput, PlatformError


@dataclass(frozen=True)
class Limits:
    head_bytes: int = 64 * 1024
    buffer_bytes: int = 64 * 1024
    """Body or pipelined bytes kept for one client before it is asked to wait."""
    head_seconds: float = 30.0
    """From the first byte of a head to its last."""
    idle_seconds: float = 75.0
    """Between two requests on one connection."""
    body_seconds: float = 60.0
    """Silence in the middle of a request body."""
    answer_seconds: float = 300.0
    """From the end of a request to the first byte of its answer. A stream may be silent for ever."""
    linger_seconds: float = 2.0
    """How long what a refused client still sends is read and dropped, so that it can read the refusal."""
    connect_seconds: float = 5.0
    pool_seconds: float = 30.0
    """How long an unused connection to an upstream is kept."""
    pool_size: int = 128
    """Unused connections kept per upstream and worker."""


class MalformedRequest(InvalidInput):
    """The request breaks HTTP/1.1 in a way that two parsers could read differently."""

    code, title, status = "malformed_request", "Malformed request", 400


class HeadTooLarge(MalformedRequest):
    code, title, status = "head_too_large", "Request header too large", 431


class ClientTooSlow(MalformedRequest):
    code, title, status = "client_too_slow", "Request not completed in time", 408


class CodingNotSupported(MalformedRequest):
    code, title, status = "coding_not_supported", "Transfer coding not supported", 501


class VersionNotSupported(MalformedRequest):
    code, title, status = "version_not_supported", "HTTP version not supported", 505


class ExpectationFailed(MalformedRequest):
    code, title, status = "expectation_failed", "Expectation failed", 417


class MalformedResponse(PlatformError):
    """The upstream's answer is not HTTP/1.1."""

    code, title, status = "malformed_response", "Malformed answer", 502
