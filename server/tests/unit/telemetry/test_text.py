from capsule.telemetry.text import MAX_LINE, decode_line


def test_bytes_that_are_not_text_are_replaced() -> None:
    assert decode_line(b"a\xff\x00b\n") == "a\ufffd\ufffdb"


def test_a_very_long_line_is_cut_with_a_mark() -> None:
    text = decode_line(b"x" * (MAX_LINE + 5))
    assert text.startswith("x" * MAX_LINE)
    assert text.endswith("(line cut)")


def test_a_progress_bar_keeps_its_last_state() -> None:
    assert decode_line(b"10 %\r50 %\r100 %\r\n") == "100 %"


def test_colours_and_tabs_stay() -> None:
    assert decode_line(b"\x1b[31mred\x1b[0m\tx") == "\x1b[31mred\x1b[0m\tx"
