"""A Redis of the tests' own: started as a child process on a port of its own, keeping nothing."""

import shutil
import socket
import time
from pathlib import Path

from processes import start_program
from server import free_port

STARTED_WITHIN_SECONDS = 60


class RedisServer:
    """One server in memory."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}"
        self._folder = folder
        self.start()

    def start(self) -> None:
        """Start the server, or start it again at the same port, and wait until it answers."""
        program = shutil.which("redis-server") or shutil.which("valkey-server")
        assert program is not None
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self._folder)]
        self.process = start_program([program, *options])
        deadline = time.monotonic() + STARTED_WITHIN_SECONDS
        while not self._answers():
            assert time.monotonic() < deadline
            assert self.process.poll() is None
            time.sleep(0.02)

    @staticmethod
    def is_installed() -> bool:
        """Whether this machine has the program."""
        return bool(shutil.which("redis-server") or shutil.which("valkey-server"))

    def stop(self) -> None:
        """End the server."""
        self.process.kill()
        self.process.wait()

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0
