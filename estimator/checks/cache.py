"""What was found earlier, in an SQLite file: of a scenario that did not change, nothing is done.

The file stands in the user's own cache folder, which nobody else may read or write, and never in a
project: whoever writes it decides what a check says.

The key of an entry is made of all that an answer depends on: the program with its library, the
libraries that it computes with, the options, and the scenario's name and content. What an entry
depends on besides, a team's own kinds and the day, is written down with it and compared when it is
read. SQLite writes whole transactions or none, and lets several processes at it; whatever goes
wrong with the file, a check goes on without it.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from estimator.analyse.summary import SummaryLine
from estimator.checks.checked import Checked, CheckOptions, Figure, Turn, Verdict
from estimator.diagnostics import Diagnostic, Label, Place, Source
from estimator.files.read import source_of
from estimator.files.snapshot import Disk, Taken
from estimator.scenario.outcome import Outcome

OLD_FOLDER = ".estimator_cache"
"""Where in a project versions up to 0.2 kept the file; a pull request may write there."""

VARIABLE = "ESTIMATOR_CACHE_DIR"
"""The environment variable that names another folder than the platform's."""

FILE = "check.sqlite3"
LARGEST = 256 * 1024 * 1024
"""The most bytes that the file may have; a larger one is replaced."""

CI_VARIABLES = ("CI", "TF_BUILD", "JENKINS_URL", "TEAMCITY_VERSION")
"""The environment variables by which CI systems say that they are ones."""

_SCHEMA = 3
_PATIENCE = 5.0  # seconds to wait for another process
_OLDEST = 30  # days that an entry is kept without being used
_AT_ONCE = 500  # keys; older SQLites take no more than 999
_COLUMNS = "kinds, day, body, seal, used"
_TABLE = (
    "CREATE TABLE found (key BLOB PRIMARY KEY, kinds TEXT, day TEXT, body TEXT, seal BLOB,"
    " used INTEGER) WITHOUT ROWID"
)
_DISTRIBUTIONS = ("numpy", "pint", "pydantic", "pyyaml")  # that answers are computed with


class Item(NamedTuple):
    """A scenario to look up.

    Attributes:
        file: Its file, as the user calls it.
        data: What is in it.
        named: Does the call name it?
    """

    file: str
    data: bytes
    named: bool


class _Row(NamedTuple):
    """An entry as the file has it.

    Attributes:
        kinds: A digest of the kinds that it was computed with.
        day: The day on which it was computed, if that matters.
        body: What was found, as JSON.
        seal: A digest of these three: what a disk spoils is computed again.
        used: The day when it was last looked up.
    """

    kinds: str
    day: str
    body: str
    seal: bytes
    used: int


def _seal(kinds: str, day: str, body: str) -> bytes:
    return hashlib.blake2b("\0".join((kinds, day, body)).encode(), digest_size=16).digest()


class Cache:
    """What was found earlier.

    Args:
        folder: Where the file stands; it is made if it is not there.
        options: What each scenario is checked with.
    """

    def __init__(self, folder: Path, options: CheckOptions) -> None:
        self._prefix = repr((_SCHEMA, fingerprint(), _said(options))).encode()
        self._states: dict[tuple[str, ...], str] = {}
        self._today = date.today()
        self._connection: sqlite3.Connection | None = None
        with suppress(OSError, sqlite3.Error):
            self._connection = _opened(_prepared(folder))

    def close(self) -> None:
        """Let go of the file, without what was not used in a month."""
        if self._connection is None:
            return
        with suppress(sqlite3.Error):
            oldest = self._today.toordinal() - _OLDEST
            if self._connection.execute(
                "SELECT 1 FROM found WHERE used < ? LIMIT 1", (oldest,)
            ).fetchone():
                with self._connection:
                    self._connection.execute("DELETE FROM found WHERE used < ?", (oldest,))
        self._connection.close()
        self._connection = None

    def known(self, items: Sequence[Item]) -> list[Checked | None]:
        """Return what is known of each scenario, or None."""
        if self._connection is None:
            return [None] * len(items)
        keys = [self._key(item) for item in items]
        rows: dict[bytes, _Row] = {}
        try:
            for at in range(0, len(keys), _AT_ONCE):
                wanted = keys[at : at + _AT_ONCE]
                marks = ",".join("?" * len(wanted))
                for key, *row in self._connection.execute(
                    f"SELECT key, {_COLUMNS} FROM found WHERE key IN ({marks})", wanted
                ):
                    rows[key] = _Row._make(row)
        except sqlite3.Error:
            self._give_up()
            return [None] * len(items)
        found = [self._read(item, rows.get(key)) for item, key in zip(items, keys, strict=True)]
        today = self._today.toordinal()
        old = [k for k, one in zip(keys, found, strict=True) if one and rows[k].used != today]
        self._write("UPDATE found SET used = ? WHERE key = ?", [(today, key) for key in old])
        return found

    def keep(self, pairs: Iterable[tuple[Item, Checked]]) -> None:
        """Remember what was found."""
        rows = []
        for item, checked in pairs:
            body = _body(item, checked)
            if body is not None:
                seal = _seal(checked.kinds, checked.day, body)
                today = self._today.toordinal()
                rows.append((self._key(item), checked.kinds, checked.day, body, seal, today))
        self._write("INSERT OR REPLACE INTO found VALUES (?, ?, ?, ?, ?, ?)", rows)

    def _key(self, item: Item) -> bytes:
        name = json.dumps([item.file, item.named]).encode()
        return hashlib.sha256(b"\0".join((self._prefix, name, item.data))).digest()

    def _read(self, item: Item, row: _Row | None) -> Checked | None:
        if row is None or row.seal != _seal(row.kinds, row.day, row.body):
            return None
        if row.day and row.day != self._today.isoformat():
            return None
        try:
            checked = _checked(item, json.loads(row.body))
        except Exception:  # an entry of whatever origin is no reason to give up
            return None
        return checked if row.kinds == self._kinds(item.file, checked.libraries) else None

    def _kinds(self, file: str, libraries: Sequence[str]) -> str:
        """Return a digest of a team's own kinds, as they are now."""
        if not libraries:
            return ""
        folder = Path() if file == "-" else Path(file).parent
        key = (str(folder), *libraries)
        if key not in self._states:
            taken = Taken(Disk.around(folder))
            self._states[key] = taken.digest(folder / path for path in libraries)
        return self._states[key]

    def _write(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        if self._connection is None or not rows:
            return
        try:
            with self._connection:
                self._connection.executemany(statement, rows)
        except sqlite3.OperationalError:  # another process writes, or the disk is full
            return
        except sqlite3.Error:
            self._give_up()

    def _give_up(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
        self._connection = None


def _prepared(folder: Path) -> Path:
    """Return the file in a folder that is the user's alone, made if it is not there.

    Raises:
        OSError: The folder cannot be made, or is another user's.
    """
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _check_own(folder)
    folder.chmod(0o700)
    if not (folder / "CACHEDIR.TAG").exists():
        tag = "Signature: 8a477f597d28d172789f06886806bc55\n"  # https://bford.info/cachedir/
        (folder / "CACHEDIR.TAG").write_text(tag, "utf-8")
    file = folder / FILE
    if file.exists() and file.stat().st_size > LARGEST:
        file.unlink(missing_ok=True)
    os.close(os.open(file, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600))
    _check_own(file)
    return file


def _check_own(path: Path) -> None:
    """Refuse what another user made, who may write what he likes into it, also where this is root.

    Raises:
        PermissionError: It is another user's.
    """
    if hasattr(os, "geteuid") and path.stat().st_uid != os.geteuid():
        raise PermissionError(f"{path} is another user's")


def _opened(file: Path) -> sqlite3.Connection:
    """Return a connection to the file, which is replaced if it is no database of ours."""
    for again in (True, False):
        connection = sqlite3.connect(file, timeout=_PATIENCE)
        try:
            connection.execute("PRAGMA busy_timeout = 5000")
            made = connection.execute("SELECT sql FROM sqlite_master").fetchall()
            if not made:
                connection.execute(_TABLE.replace("TABLE", "TABLE IF NOT EXISTS", 1))
            elif made != [(_TABLE,)]:  # of another version, or with a view or a trigger in it
                raise sqlite3.DatabaseError("another schema")
            connection.execute(f"SELECT key, {_COLUMNS} FROM found LIMIT 1").fetchone()
        except sqlite3.DatabaseError as error:
            connection.close()
            if not again or isinstance(error, sqlite3.OperationalError):
                raise
            file.unlink(missing_ok=True)
        else:
            return connection
    raise AssertionError("the loop returns or raises")


# --- where it stands ------------------------------------------------------------------------------


def cache_folder(project: Path) -> Path | None:
    """Return the folder for the cache: the user's, by the platform's convention or a variable.

    Args:
        project: The root of the project that is checked. Whoever writes into it must not be able
            to write what a check believes, so that a folder in there is none: None.
    """
    named = os.environ.get(VARIABLE)
    if named:
        folder = Path(named)
    else:
        from platformdirs import user_cache_path

        folder = user_cache_path("estimator", appauthor=False)
    whole = Path(os.path.realpath(folder))
    return None if whole.is_relative_to(os.path.realpath(project)) else whole


def is_in_ci() -> bool:
    """Return whether a CI system runs this, whose machines are often shared by strangers' code."""
    return any(os.environ.get(name, "").lower() not in ("", "0", "false") for name in CI_VARIABLES)


# --- what an answer depends on --------------------------------------------------------------------


def fingerprint() -> str:
    """Return a digest of the program with its library, of Python, and of what it computes with."""
    package = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256(sys.version.encode())
    for file in sorted(_files(package)):
        digest.update(file.encode())
        digest.update(Path(file).read_bytes())
    for name in sorted(_installed()):
        digest.update(name.encode())
    return digest.hexdigest()


def _files(folder: Path) -> list[str]:
    found = []
    for here, folders, files in os.walk(folder):
        folders[:] = [f for f in folders if f != "__pycache__"]
        found += [os.path.join(here, f) for f in files]  # noqa: PTH118 - a few hundred of them
    return found


def _installed() -> set[str]:
    """Return the names, with versions, under which what we compute with is installed."""
    found: set[str] = set()
    for path in sys.path:
        with suppress(OSError):
            for name in os.listdir(path or "."):  # noqa: PTH208 - names are all that is needed
                if name.endswith(".dist-info") and name.lower().startswith(_DISTRIBUTIONS):
                    found.add(name)
    return found


def _said(options: CheckOptions) -> tuple[Any, ...]:
    return (
        sorted((name, text.value) for name, text in options.overrides.items()),
        options.variant.value if options.variant else None,
        options.samples,
        options.seed,
        options.figures,
        options.stale_fails,
        options.allow_undecided,
        options.uncertain_defaults,
    )


# --- entries --------------------------------------------------------------------------------------


def _body(item: Item, checked: Checked) -> str | None:
    """Return an entry, or None for what is not kept: a fault, or one that another file has too."""
    found = []
    for one in checked.found:
        if one.rule == "E099" or not _is_own(one.place, checked.file):
            return None
        if not all(_is_own(label.place, checked.file) for label in one.labels):
            return None
        labels = [[*_span(label.place), label.text] for label in one.labels]
        place = one.place and _span(one.place)
        found.append([one.rule, one.message, place, one.caret, labels, one.help, one.notes])
    return json.dumps(
        [
            checked.name,
            found,
            [_entry(verdict) for verdict in checked.verdicts],
            {name: list(figure) for name, figure in checked.figures.items()},
            checked.digest,
            checked.libraries,
            checked.kinds,
            checked.day,
            checked.skipped,
            checked.left_out,
            checked.answer,
        ],
        separators=(",", ":"),
    )


def _is_own(place: Place | None, file: str) -> bool:
    return place is None or place.source.name == file


def _span(place: Place) -> list[int]:
    return [place.start, place.end]


def _checked(item: Item, entry: list[Any]) -> Checked:
    name, found, verdicts, figures, digest, libraries, kinds, day, skipped, *more = entry
    left_out, answer = more
    shown = "<stdin>" if item.file == "-" else item.file
    source = source_of(item.data, shown) if found or verdicts else Source(shown, "")

    def place(span: list[int] | None) -> Place | None:
        return None if span is None else Place(source, *span)

    return Checked(
        shown,
        name,
        tuple(
            Diagnostic(
                rule,
                message,
                place(span),
                caret,
                tuple(Label(Place(source, start, end), text) for start, end, text in labels),
                help_,
                tuple(notes),
            )
            for rule, message, span, caret, labels, help_, notes in found
        ),
        tuple(_verdict(v, source) for v in verdicts),
        {n: Figure(*figure) for n, figure in figures.items()},
        digest=digest,
        libraries=tuple(libraries),
        kinds=kinds,
        day=day,
        skipped=skipped,
        left_out=tuple(left_out),
        answer=tuple(_line(line) for line in answer),
    )


def _line(entry: list[Any]) -> SummaryLine:
    key, title, parts, dominated_by, status = entry
    return SummaryLine(key, title, tuple(parts), dominated_by, status)


def _entry(verdict: Verdict) -> list[Any]:
    outcome, *rest = verdict
    return [outcome._replace(place=_span(outcome.place)), *rest]  # type: ignore[arg-type]


def _verdict(entry: list[Any], source: Source) -> Verdict:
    outcome, missed, derivation, turns, is_firm = entry
    made = Outcome._make(outcome)
    place = Place(source, *outcome[Outcome._fields.index("place")])
    made = made._replace(place=place, unknown=tuple(made.unknown))
    return Verdict(made, missed, derivation, tuple(Turn(*turn) for turn in turns), is_firm)
