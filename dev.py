"""Run the project's commands in a virtual environment of its own.

    python3 dev.py estimator run scenarios/twitter.yaml
    python3 dev.py test [PYTEST ARGUMENTS]    run the tests
    python3 dev.py check                      check format, lint, types and tests
    python3 dev.py fix                        format the code and mend what can be mended
    python3 dev.py docs                       build the site of the documentation into site/
    python3 dev.py COMMAND [ARGUMENTS]        run any command installed in .venv

The first run makes the folder .venv and installs the project into it; later runs install
again only when pyproject.toml has changed. `test`, `check`, `fix` and `docs` work from this
folder, any other command from the folder you are in.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

# Everything in this file must parse on Python 3.6, so that the message below shows there.
if sys.version_info < (3, 11):  # noqa: UP036
    print(
        "dev.py: estimator needs Python 3.11 or newer; this is Python {}.{}.\n"
        "Run it with a newer one, for example: python3.11 dev.py check".format(*sys.version_info),
        file=sys.stderr,
    )
    sys.exit(2)

WINDOWS = os.name == "nt"
ROOT = Path(__file__).resolve().parent
ENV = ROOT / ".venv"
BIN = ENV / ("Scripts" if WINDOWS else "bin")
SUFFIX = ".exe" if WINDOWS else ""
PYTHON = BIN / f"python{SUFFIX}"
# The Python outside the environment, also when the environment is activated.
HOST: str = sys.executable
if Path(sys.prefix).resolve() == ENV:
    HOST = getattr(sys, "_base_executable", HOST)

# What the environment was made for. Empty ("{}") while work is under way: found so at the
# start of a run, the environment was left half made.
STAMP = ENV / "dev-stamp.json"

DEV_TOOLS = {"mkdocs", "mypy", "pytest", "ruff"}
CHECKS = (
    ("ruff", "format", "--check"),
    ("ruff", "check"),
    ("mypy",),
    ("pytest", "-n", "auto", "--dist", "loadgroup"),
)
FIXES = (("ruff", "check", "--fix"), ("ruff", "format"))
DOCS = (("mkdocs", "build", "--strict"),)
SUITES = {"check": CHECKS, "fix": FIXES, "docs": DOCS}

NO_TOOLS = """\
dev.py: found nothing to make a virtual environment with. Install one of these, then try again:
    python3-venv or python3-pip   (Debian, Ubuntu: sudo apt install python3-venv)
    uv
    virtualenv"""


Command = list[str | Path]


class Trouble(Exception):  # noqa: N818 - not a fault of the program
    """What stands in the way, in words for the user."""


def run(*command: str | Path, cwd: Path | None = None) -> int:
    """Run a command to its end, even when interrupted, and return its exit code."""
    env = {**os.environ, "VIRTUAL_ENV": str(ENV)}
    env["PATH"] = os.pathsep.join([str(BIN), os.environ.get("PATH", os.defpath)])
    env.pop("PYTHONHOME", None)  # would hide the environment
    interrupted = False
    with subprocess.Popen(command, cwd=cwd, env=env) as process:
        while process.returncode is None:
            try:
                process.wait()
            except KeyboardInterrupt:  # the command got it too: let it end in its own way
                interrupted = True
    if interrupted:
        raise KeyboardInterrupt
    return process.returncode if process.returncode >= 0 else 128 - process.returncode


def succeeds(*command: str | Path, show_failure: bool = False) -> bool:
    """Tell whether a command, run in this folder without a sound, succeeds."""
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError:
        return False
    if show_failure and done.returncode != 0:
        print(done.stdout.strip(), file=sys.stderr)
    return done.returncode == 0


def find_installer() -> Command | None:
    """Find a command that installs packages into the environment."""
    same_version = f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    if not (ENV / "pyvenv.cfg").exists() or not succeeds(PYTHON, "-c", same_version):
        return None
    pips: list[Command] = [
        [PYTHON, "-m", "pip"],
        [HOST, "-m", "pip", "--python", PYTHON],  # pip 22.3 and newer
    ]
    for pip in pips:
        if succeeds(*pip, "--version"):
            return [*pip, "install", "-qq", "--no-input", "--disable-pip-version-check"]
    if succeeds("uv", "--version"):
        return ["uv", "pip", "install", "--quiet", "--python", PYTHON]
    return None


def make_environment() -> Command:
    """Make the environment anew and return a command that installs packages into it."""
    makers: list[Command] = [
        [HOST, "-m", "venv", ENV],
        [HOST, "-m", "venv", "--without-pip", ENV],  # Debian without python3-venv
        ["uv", "venv", "--allow-existing", "--python", HOST, ENV],
        ["virtualenv", "--python", HOST, ENV],
    ]
    for maker in makers:
        (ENV / "pyvenv.cfg").unlink(missing_ok=True)  # first, lest half an environment pass
        if ENV.exists():
            shutil.rmtree(ENV)
        ENV.mkdir()
        STAMP.write_text("{}")
        installer = find_installer() if succeeds(*maker) else None
        if installer is not None:
            return installer
    raise Trouble(NO_TOOLS)


def prepare(*, dev: bool) -> None:
    """Make sure that the environment holds the project, and with `dev` its tools."""
    wanted = {
        "root": str(ROOT),
        "python": "{}.{}".format(*sys.version_info),
        "project": hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest(),
    }
    before = STAMP.read_text() if STAMP.exists() else None
    try:
        old = json.loads(before or "{}")
    except ValueError:
        old = {}
    dev = dev or old.get("dev", False)
    new = {**wanted, "dev": dev}
    if old == new and PYTHON.exists():
        return
    print("Preparing .venv (once, about a minute)...", file=sys.stderr, flush=True)
    # Keep an environment that is whole and for this place, or that someone else made.
    keep = before is None or all(old.get(key) == wanted[key] for key in ("root", "python"))
    installer = find_installer() if keep else None
    if installer is None:
        before = None
        installer = make_environment()
    STAMP.write_text("{}")
    if not succeeds(*installer, "-e", ".[dev]" if dev else ".", show_failure=True):
        if before is not None:  # a failed installation changes nothing
            STAMP.write_text(before)
        raise Trouble("dev.py: the installation failed; the lines above say why.")
    # Where PYTHONDONTWRITEBYTECODE is set, every start would compile the package anew.
    succeeds(PYTHON, "-m", "compileall", "-q", "estimator")
    STAMP.write_text(json.dumps(new))


def find_command(name: str) -> Path:
    """Find a command in the environment, and nowhere else."""
    path = BIN / (name + SUFFIX)
    if Path(name).name != name or not path.is_file():
        raise Trouble(f"dev.py: there is no command {name!r} in .venv; see python3 dev.py --help")
    return path


def run_all(commands: tuple[tuple[str, ...], ...]) -> int:
    """Run all commands, whichever fail, and report the failures."""
    failed = []
    for command in commands:
        print(f"\n$ {' '.join(command)}", file=sys.stderr, flush=True)
        if run(find_command(command[0]), *command[1:], cwd=ROOT) != 0:
            failed.append(" ".join(command))
    if failed:
        print(f"\ndev.py: failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def main(arguments: list[str]) -> int:
    """Run the command given and return its exit code."""
    if not arguments or arguments[0] in {"-h", "--help"}:
        print(__doc__, end="", file=sys.stdout if arguments else sys.stderr)
        return 0 if arguments else 2
    name, *rest = arguments
    try:
        if name in SUITES:
            if rest:
                raise Trouble(f"dev.py: {name} takes no arguments")
            prepare(dev=True)
            return run_all(SUITES[name])
        if name == "test":
            prepare(dev=True)
            return run(find_command("pytest"), *rest, cwd=ROOT)
        prepare(dev=name in DEV_TOOLS)
        return run(find_command(name), *rest)
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"dev.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
