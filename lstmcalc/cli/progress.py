"""A bar on standard error for what lasts."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LASTS = 1.0  # seconds until the bar is shown


@contextmanager
def progress(steps: int, quiet: bool) -> Iterator[Callable[[str], None]]:
    """What is to be told of each step that is done: a bar where standard error is a terminal, if it lasts."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import Progress

    bar = Progress(console=Console(file=sys.stderr), transient=True)
    task = bar.add_task("weights", total=steps)
    timer = threading.Timer(LASTS, bar.start)
    timer.daemon = True
    timer.start()
    try:
        yield lambda done: bar.update(task, advance=1, description=done)
    finally:
        timer.cancel()
        timer.join()
        bar.stop()
