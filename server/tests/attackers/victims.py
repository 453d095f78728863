"""What a victim does in its runtime: keeps one secret word wherever a program may keep one."""

import ctypes
import mmap
import os
import pty
import socket
import subprocess
import threading
from pathlib import Path

from tools import kept, libc, session


def hide(word: str) -> list[str]:
    """Put `word` into memory, environment, files, sockets, processes and shared memory."""
    os.environ["VICTIM_SECRET"] = word
    secret = word.encode() * 3
    places = [
        Path.home() / "notes.txt",
        Path("/tmp/notes.txt"),
        Path("/dev/shm/notes.txt"),
        Path("/app/notes.txt"),
    ]
    for path in places:
        path.write_text(word)
    child = subprocess.Popen(["/bin/sh", "-c", "read -r never; exit 1", word], stdin=subprocess.PIPE)
    shared = mmap.mmap(-1, 4096)
    shared.write(secret)
    segment = libc.shmget(0x5EC, 4096, 0o1666)
    libc.shmat.restype = ctypes.c_void_p
    ctypes.memmove(libc.shmat(segment, None, 0), secret, len(secret))
    master, terminal = pty.openpty()
    os.write(terminal, secret)
    os.write(1, word.encode() + b"\n")
    listeners = []
    for family, address in (
        (socket.AF_INET, ("127.0.0.1", 7007)),
        (socket.AF_UNIX, "\0victim-service"),
        (socket.AF_UNIX, "/tmp/victim.sock"),
    ):
        listener = socket.socket(family)
        listener.bind(address)
        listener.listen()
        listeners.append(listener)

    def serve(listener: socket.socket) -> None:
        while True:
            connection, _ = listener.accept()
            connection.sendall(secret)
            connection.close()

    for listener in listeners:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
    kept.extend([secret, child, shared, master, terminal, listeners])
    session.data["secret"] = word
    return [str(path) for path in places]
