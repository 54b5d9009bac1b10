"""The command line's entry. The most frequent questions are answered before anything is loaded."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; the exit code is the answer."""
    arguments = sys.argv[1:]
    if arguments in (["--version"], ["-V"]):
        from estimator import __version__

        print(f"estimator {__version__}")
        return
    if arguments in ([], ["--help"], ["-h"]):
        from estimator.cli.front_page import front_page

        print(front_page(), end="")
        return
    from estimator.cli.app import run_app

    sys.exit(run_app(arguments))


if __name__ == "__main__":
    main()
