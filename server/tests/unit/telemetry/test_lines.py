from pathlib import Path

from capsule.telemetry.lines import LineLog, LineReader, read_lines


def test_lines_are_numbered_and_read_once(tmp_path: Path) -> None:
    log = LineLog(tmp_path / "b" / "log.jsonl")
    log.write("one\ntwo")
    log.write("three", stream="stderr")
    items, following = read_lines(tmp_path / "b" / "log.jsonl", 0)
    assert [(item["text"], item["stream"]) for item in items] == [
        ("one", "stdout"),
        ("two", "stdout"),
        ("three", "stderr"),
    ]
    assert following == 3
    log.write("four")
    items, following = read_lines(tmp_path / "b" / "log.jsonl", following)
    assert [item["text"] for item in items] == ["four"]
    assert following == 4
    log.close()


def test_a_missing_file_has_no_lines(tmp_path: Path) -> None:
    assert read_lines(tmp_path / "none", 0) == ([], 0)


def test_a_line_cut_by_a_crash_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    log = LineLog(path)
    log.write("whole")
    log.close()
    with path.open("ab") as file:
        file.write(b'{"at": "20')
    assert [item["text"] for item in read_lines(path, 0)[0]] == ["whole"]


def test_a_full_log_says_so_and_stops(tmp_path: Path) -> None:
    log = LineLog(tmp_path / "log.jsonl", max_bytes=2_000)
    for number in range(1_000):
        log.write(f"line {number}")
    log.close()
    items, _ = read_lines(tmp_path / "log.jsonl", 0)
    assert len(items) < 30
    assert items[-1]["stream"] == "platform"


def test_a_reader_goes_on_where_it_was(tmp_path: Path) -> None:
    log = LineLog(tmp_path / "log.jsonl")
    log.write("a\nb\nc")
    reader = LineReader(tmp_path / "log.jsonl", after=1)
    assert [number for number, _ in reader.read()] == [2, 3]
    log.write("d")
    assert [(number, item["text"]) for number, item in reader.read()] == [(4, "d")]
    log.close()
