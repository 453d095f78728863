import struct

import pytest

from capsule.sandbox.bpf import AARCH64, ALLOW, KILL, X86_64, Match, Program, SyscallProgram, errno_action


def run(code: bytes, data: bytes) -> int:
    """Interpret what the assembler makes, as the kernel does."""
    steps = list(struct.iter_unpack("=HBBI", code))
    at, accumulator = 0, 0
    while True:
        operation, then, otherwise, value = steps[at]
        at += 1
        if operation == 0x20:
            (accumulator,) = struct.unpack_from("=I", data, value)
        elif operation == 0x06:
            return int(value)
        else:
            passes = {
                0x15: accumulator == value,
                0x35: accumulator >= value,
                0x45: bool(accumulator & value),
            }[operation]
            at += then if passes else otherwise


def call(number: int, *arguments: int, audit: int = X86_64.audit) -> bytes:
    values = [*arguments, *[0] * (6 - len(arguments))]
    return struct.pack("=IIQ6Q", number, audit, 0, *values)


class TestProgram:
    def test_instructions_are_those_of_the_kernel(self) -> None:
        program = Program()
        program.load(4)
        program.jump(Match.equal, 7, to="yes")
        program.give(1)
        program.label("yes")
        program.give(2)
        expected = [(0x20, 0, 0, 4), (0x15, 1, 0, 7), (0x06, 0, 0, 1), (0x06, 0, 0, 2)]
        assert program.assemble() == b"".join(struct.pack("=HBBI", *step) for step in expected)

    def test_negative_offsets_are_kept(self) -> None:
        program = Program()
        program.load(-0x10_0000 + 12, 2)
        assert program.assemble() == struct.pack("=HBBI", 0x28, 0, 0, 0xFFF0000C)

    def test_jumps_that_are_too_long_are_a_bug(self) -> None:
        program = Program()
        program.jump(Match.equal, 1, to="far")
        for _ in range(256):
            program.give(0)
        program.label("far")
        program.give(1)
        with pytest.raises(ValueError, match="256 instructions away"):
            program.assemble()

    def test_a_label_stands_once(self) -> None:
        program = Program()
        program.label("here")
        with pytest.raises(ValueError, match="twice"):
            program.label("here")


class TestSyscallProgram:
    def test_a_foreign_architecture_is_killed(self) -> None:
        program = SyscallProgram(X86_64)
        program.give(ALLOW)
        assert run(program.assemble(), call(1)) == ALLOW
        assert run(program.assemble(), call(1, audit=0x4000_0003)) == KILL
        assert run(program.assemble(), call(1, audit=AARCH64.audit)) == KILL

    def test_x32_is_killed(self) -> None:
        program = SyscallProgram(X86_64)
        program.give(ALLOW)
        assert run(program.assemble(), call(0x4000_0001)) == KILL

    def test_answers_by_number_and_by_argument(self) -> None:
        program = SyscallProgram(AARCH64)
        program.answer([], errno_action(9))
        program.answer([5, 6, 7], errno_action(1))
        program.answer_if(8, 1, Match.any_bit, [0x10, 0x40], errno_action(2))
        program.give(ALLOW)
        code = program.assemble()

        def answer(number: int, *arguments: int) -> int:
            return run(code, call(number, *arguments, audit=AARCH64.audit))

        assert [answer(number) for number in (4, 5, 6, 7, 9)] == [ALLOW, *[errno_action(1)] * 3, ALLOW]
        assert answer(8, 0xFF, 0x0F) == ALLOW
        assert answer(8, 0, 0x41) == errno_action(2)
        assert answer(8, 0, 0x40 << 32) == ALLOW  # an int has 32 bits
