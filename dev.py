"""Run the project's commands in a virtual environment of its own.

    python3 dev.py estimator run scenarios/twitter.yaml
    python3 dev.py test [PYTEST ARGUMENTS]    run the tests
    python3 dev.py check                      check format, lint, types and tests
    python3 dev.py check --full               the same with the slow tests, and fuzzing
    python3 dev.py fuzz [FUZZ ARGUMENTS]      give the program generated inputs
    python3 dev.py check --resolution lowest  run the tests with the oldest versions allowed;
                                              `newest`: check with the newest of everything
    python3 dev.py fix                        format the code and mend what can be mended
    python3 dev.py docs                       build the site of the documentation into site/
    python3 dev.py build                      build the wheel and the sdist into dist/
    python3 dev.py notes [VERSION]            print the changelog of a version, or of this one
    python3 dev.py lock [UV ARGUMENTS]        bring requirements/ in line with pyproject.toml;
                                              with --upgrade: the newest version of everything
    python3 dev.py COMMAND [ARGUMENTS]        run any command installed in .venv

The first run makes the folder .venv and installs the project into it, with exactly the packages
that requirements/ names; later runs install again only when its files or pyproject.toml have
changed. `lock`, `test`, `check`, `fuzz`, `fix`, `docs` and `build` work from this folder, any other
command from the folder you are in.
"""

import hashlib
import json
import os
import re
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
LINT = (("ruff", "format", "--check"), ("ruff", "check"), ("mypy",))
FULL = ("pytest", "-n", "auto", "--dist", "loadgroup")
FUZZ = ("python", "-m", "fuzz")
CHECKS = (*LINT, (*FULL, "-m", "not slow"))
FIXES = (("ruff", "check", "--fix"), ("ruff", "format"))
DOCS = (("mkdocs", "build", "--strict"),)
BUILD = (("hatchling", "build", "--directory", "dist"),)
SUITES = {
    ("check",): CHECKS,
    ("check", "--full"): (*LINT, (*FUZZ, "--runs", "3000"), FULL),
    ("fix",): FIXES,
    ("docs",): DOCS,
    ("build",): BUILD,
}
# With the oldest versions that users may have, the tools stay those of the lock.
RESOLUTIONS = {"lowest": CHECKS[-1:], "newest": CHECKS}

# Kinds that were edited are compiled again; the program reads them from YAML until then.
COMPILE_KINDS = ("-m", "estimator.model.compile_library", "--if-stale")
# What the environment is installed from, without the tools and with them.
PROJECT = ROOT / "pyproject.toml"
RUN_LOCK = ROOT / "requirements" / "run.txt"
DEV_LOCK = ROOT / "requirements" / "dev.txt"
# The project itself, built by the locked backend: nothing is resolved on the day.
THE_PROJECT = ["--no-deps", "--no-build-isolation", "-e", "."]
# Locks are for each system and each Python from the oldest on, and say nothing of this machine.
COMPILE = (
    *("pip", "compile", "--quiet", "--universal", "--python-version", "3.11"),
    *("--generate-hashes", "--no-build", "--no-emit-index-url", "--no-emit-find-links"),
    *("--custom-compile-command", "python3 dev.py lock"),
)

NO_TOOLS = """\
dev.py: found nothing to make a virtual environment with. Install one of these, then try again:
    python3-venv or python3-pip   (Debian, Ubuntu: sudo apt install python3-venv)
    uv
    virtualenv"""


Command = list[str | Path]


class Trouble(Exception):  # noqa: N818 - not a fault of the program
    """What stands in the way, in words for the user."""


def run(*command: str | Path, cwd: Path | None = None, environment: Path = ENV) -> int:
    """Run a command to its end, even when interrupted, and return its exit code."""
    env = {**os.environ, "VIRTUAL_ENV": str(environment)}
    path = [str(environment / BIN.name), os.environ.get("PATH", os.defpath)]
    env["PATH"] = os.pathsep.join(path)
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


def fingerprint(*files: Path) -> str:
    """Return a digest of what the files hold."""
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def locked(lock: Path) -> Command:
    """Return the arguments of an installer that install exactly what a lock names."""
    return ["--require-hashes", "-r", lock]


def prepare(*, dev: bool) -> None:
    """Make sure that the environment holds the project as locked, and with `dev` its tools."""
    wanted = {
        "root": str(ROOT),
        "python": "{}.{}".format(*sys.version_info),
        "project": fingerprint(PROJECT, RUN_LOCK, DEV_LOCK),
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
    if not all(
        succeeds(*installer, *what, show_failure=True)
        for what in (locked(DEV_LOCK if dev else RUN_LOCK), THE_PROJECT)
    ):
        if before is not None:  # a failed installation changes nothing
            STAMP.write_text(before)
        raise Trouble("dev.py: the installation failed; the lines above say why.")
    # Where PYTHONDONTWRITEBYTECODE is set, every start would compile the package anew.
    succeeds(PYTHON, "-m", "compileall", "-q", "estimator")
    STAMP.write_text(json.dumps(new))


def find_command(name: str, environment: Path = ENV) -> Path:
    """Find a command in the environment, and nowhere else."""
    path = environment / BIN.name / (name + SUFFIX)
    if Path(name).name != name or not path.is_file():
        where = environment.name
        raise Trouble(f"dev.py: there is no command {name!r} in {where}; see python3 dev.py --help")
    return path


def run_all(commands: tuple[tuple[str, ...], ...], environment: Path = ENV) -> int:
    """Run all commands, whichever fail, and report the failures."""
    failed = []
    for name, *arguments in commands:
        command = find_command(name, environment)
        print(f"\n$ {' '.join([name, *arguments])}", file=sys.stderr, flush=True)
        if run(command, *arguments, cwd=ROOT, environment=environment) != 0:
            failed.append(" ".join([name, *arguments]))
    if failed:
        print(f"\ndev.py: failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def lock(*options: str) -> int:
    """Rewrite the locks, and keep each version unless it must or may change."""
    import tomllib

    prepare(dev=True)
    build = tomllib.loads(PROJECT.read_text("utf-8"))["build-system"]["requires"]
    extras = ["--extra", "dev", "--extra", "bench"]
    for file, more in (
        (DEV_LOCK, extras),
        (RUN_LOCK, ["--no-annotate", "--constraints", DEV_LOCK]),
    ):
        sources = [PROJECT.name, "-", "--output-file", file.relative_to(ROOT)]
        command = [find_command("uv"), *COMPILE, *sources, *more, *options]
        if subprocess.run(command, cwd=ROOT, input="\n".join(build), text=True).returncode != 0:
            return 2
    return 0


def tools() -> str:
    """Return the locked versions of the tools, apart from what the project itself needs."""
    import tomllib

    def names(requirements: list[str]) -> set[str]:
        found = (re.match(r"[\w.-]+", requirement) for requirement in requirements)
        return {name[0].lower() for name in found if name}

    read = tomllib.loads(PROJECT.read_text("utf-8"))
    project, extras = read["project"], read["project"]["optional-dependencies"]
    own = names(project["dependencies"] + extras["lsp"] + read["build-system"]["requires"])
    wanted = names(extras["dev"] + extras["docs"]) - own
    pins = re.findall(r"^([\w.-]+)(==[^\\\n]+)", DEV_LOCK.read_text("utf-8"), re.MULTILINE)
    return "".join(f"{name}{version}\n" for name, version in pins if name in wanted)


def notes(version: str = "") -> int:
    """Print what the changelog has of a version, or of the one that this is."""
    if not version:
        said = (ROOT / "estimator" / "version.py").read_text("utf-8")
        version = re.findall(r'__version__ = "(.+)"', said)[0]
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    for section in re.split(r"^## ", changelog, flags=re.MULTILINE)[1:]:
        heading, _, body = section.partition("\n")
        if heading.lower().startswith(f"[{version.lower()}]"):
            print(body.strip())
            return 0
    raise Trouble(f"dev.py: CHANGELOG.md has no section for {version}")


def check_with(resolution: str) -> int:
    """Check with the oldest or the newest versions allowed, in an environment of their own."""
    prepare(dev=True)
    uv = find_command("uv")
    environment = ROOT / f".venv-{resolution}"
    install: Command = [uv, "pip", "install", "--quiet", "--python", environment]
    print(f"Preparing {environment.name}...", file=sys.stderr, flush=True)
    if run(uv, "venv", "--quiet", "--clear", "--seed", "--python", HOST, environment) != 0:
        raise Trouble(f"dev.py: {environment.name} cannot be made; the lines above say why.")
    versions: Command = ["--upgrade"]
    if resolution == "lowest":
        constraints = environment / "tools.txt"
        constraints.write_text(tools(), "utf-8")
        versions = ["--resolution", "lowest-direct", "--constraints", constraints]
    for what in ([*versions, "-r", PROJECT, "--extra", "dev"], THE_PROJECT):
        if run(*install, *what, cwd=ROOT) != 0:
            raise Trouble("dev.py: the installation failed; the lines above say why.")
    run(uv, "pip", "list", "--quiet", "--python", environment)
    return run_all(RESOLUTIONS[resolution], environment)


def main(arguments: list[str]) -> int:
    """Run the command given and return its exit code."""
    if not arguments or arguments[0] in {"-h", "--help"}:
        print(__doc__, end="", file=sys.stdout if arguments else sys.stderr)
        return 0 if arguments else 2
    name, *rest = arguments
    try:
        if suite := SUITES.get(tuple(arguments)):
            prepare(dev=True)
            run(find_command("python"), *COMPILE_KINDS, cwd=ROOT)
            return run_all(suite)
        if rest[:1] == ["--resolution"] and len(rest) == 2 and rest[1] in RESOLUTIONS:
            return check_with(rest[1])
        if name in {suite[0] for suite in SUITES}:
            raise Trouble(f"dev.py: {name} takes no such arguments; see python3 dev.py --help")
        if name == "lock":
            return lock(*rest)
        if name == "notes" and len(rest) < 2:
            return notes(*rest)
        if name in {"test", "fuzz"}:
            prepare(dev=True)
            command, *first = FUZZ if name == "fuzz" else ("pytest",)
            return run(find_command(command), *first, *rest, cwd=ROOT)
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
