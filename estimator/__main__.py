"""The command line's entry. The most frequent questions are answered before anything is loaded."""

from __future__ import annotations

import atexit
import gc
import os
import sys

THRESHOLD = (500_000, 20, 20)
"""When to collect garbage: seldom, since little of what a run makes is a cycle."""


def main() -> None:
    """Run the command line; the exit code is the answer."""
    _leave_current_folder_out()
    arguments = sys.argv[1:]
    completes = bool(os.environ.get("_ESTIMATOR_COMPLETE"))  # a shell asks, without any argument
    if arguments in (["--version"], ["-V"]):
        from estimator.version import __version__

        if _said(f"estimator {__version__}\n"):
            return
    if arguments in ([], ["--help"], ["-h"]) and not completes:
        from estimator.cli.front_page import START, front_page

        if _said(front_page() if arguments else START):
            return
    # Nothing that is imported becomes garbage; and pydantic's plugins, which it looks for in
    # every installed distribution, are none of our business.
    gc.disable()
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # The products of NumPy's that ranges need are small: threads for them cost twice what all
    # else does, and their number would show in the last digits.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    codes: list[int] = []
    atexit.register(_end, codes)  # first, since what is registered last is called first
    from estimator.cli.app import run_app

    gc.freeze()
    gc.set_threshold(*THRESHOLD)
    gc.enable()
    code = run_app(arguments)
    gc.freeze()  # Python would look through it all as it ends, for a sixth of the time of a run
    if _is_program():
        codes.append(code)
    sys.exit(code)


def _is_program() -> bool:
    """Return whether this process is the command line, and not another program that calls it."""
    called = sys.argv[0]
    return os.path.basename(called).partition(".")[0] == "estimator" or called == __file__  # noqa: PTH119


def _end(codes: list[int]) -> None:
    """Leave to the system what Python would free bit by bit, for a twentieth of the time of a run.

    Args:
        codes: The exit code, once all is done. A profiler or a debugger has Python end as it does.
    """
    if not codes or sys.gettrace() is not None or sys.getprofile() is not None:
        return
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):  # it is closed, or there is none
        return
    os._exit(codes[0])


def _said(text: str) -> bool:
    """Print a text of ours; where that fails, the command line has words for it."""
    if sys.stdout is None:
        return False
    try:
        print(text, end="", flush=True)
    except OSError:
        return False
    return True


def _leave_current_folder_out() -> None:
    """Import nothing more from the current folder, which `python -m` searches before all others.

    A repository that is checked may have a module of any name in it.
    """
    try:
        here = os.getcwd()  # noqa: PTH109 - pathlib takes longer to load than all of this
    except OSError:  # it is gone
        return
    if not sys.flags.safe_path and sys.path[:1] in ([""], [here]):
        del sys.path[0]


if __name__ == "__main__":
    main()
