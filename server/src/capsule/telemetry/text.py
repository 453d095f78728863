"""Make one printable line of whatever a process wrote."""

import re

MAX_LINE = 16 * 1024
"""Characters; what is longer is cut, so that one line can never fill a page or a buffer."""

# Control characters except tab and escape (colours are the reader's to show or strip).
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f\u2028\u2029]")


def clean_line(text: str) -> str:
    """Drop the line's end, keep what a carriage return overwrote last, replace what cannot be shown."""
    text = text.rstrip("\r\n")
    if "\r" in text:
        text = text.rsplit("\r", 1)[1]
    return _UNPRINTABLE.sub("\ufffd", text)


def decode_line(raw: bytes) -> str:
    """Return the line as text: what is not UTF-8 is replaced, what is past `MAX_LINE` is cut with a mark."""
    text = clean_line(raw.decode("utf-8", "replace"))
    return text if len(text) <= MAX_LINE else text[:MAX_LINE] + " … (line cut)"
