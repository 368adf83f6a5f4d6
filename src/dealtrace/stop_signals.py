"""Pass on exactly one stop signal to a server process, and only once the process serves.

Granian loses a signal that arrives before it serves, and two signals (Ctrl-C reaches the whole group, then the
supervisor sends SIGTERM) can block it. The process would then continue until it is killed. So the signals are held back
from the start of the process, and only the first one is passed on. SIGHUP, which a closed terminal sends to the whole
group, is held back for good: it would kill the process with its requests, and the supervisor stops the process anyway.
"""

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.resource_tracker import ensure_running

_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_HELD_SIGNALS = (*_STOP_SIGNALS, signal.SIGHUP)
_TURNS_UNTIL_SERVED = 10
"""How many turns of its event loop Granian needs to serve after all parts have started; three would be enough."""


@contextmanager
def stop_signals_held() -> Iterator[None]:
    """Hold back the stop signals of this thread in the `with` block; processes started there keep holding them back.

    The resource tracker of `multiprocessing` is started first, because its start unblocks the stop signals. Otherwise,
    it would start together with the first spawned process.
    """
    if multiprocessing.get_start_method() == "spawn":
        ensure_running()
    signal.pthread_sigmask(signal.SIG_BLOCK, _HELD_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HELD_SIGNALS)


def call_at_stop_signal(call: Callable[[], None]) -> None:
    """Wait, once this process serves, for the first stop signal; then call a function, and let Granian stop.

    Call this function in the event loop, at the end of the start. If the stop signals are not held back, the function
    does nothing: this process was not started by `dealtrace serve`.
    """
    if signal.SIGTERM in signal.pthread_sigmask(signal.SIG_BLOCK, ()):
        _wait_for_signal(asyncio.get_running_loop(), call, _TURNS_UNTIL_SERVED)


def _wait_for_signal(loop: asyncio.AbstractEventLoop, call: Callable[[], None], turns: int) -> None:
    """After `turns` turns of the event loop, start a thread that waits for a stop signal."""
    if turns:
        loop.call_soon(_wait_for_signal, loop, call, turns - 1)
        return

    def wait() -> None:
        number = signal.sigwait(_STOP_SIGNALS)
        loop.call_soon_threadsafe(call)
        loop.call_soon_threadsafe(_wake_for, number)

    threading.Thread(target=wait, name="stop-signal", daemon=True).start()


def _wake_for(number: int) -> None:
    """Wake the event loop by writing the number of a signal, so that the loop calls its handler for that signal."""
    wakes = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    os.write(wakes, bytes([number]))
