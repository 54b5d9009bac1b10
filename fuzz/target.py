"""What a harness is: a way into the program, and what goes in."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
CORPUS = Path(__file__).resolve().parent / "corpus"
CRASHES = "crash_"
"""How the names of inputs begin that once made the program go wrong."""


class Target(NamedTuple):
    """A harness.

    Attributes:
        name: What it is called, as is its folder of the corpus.
        about: What it gives to the program, and what it holds the answer against.
        run: Takes an input and returns what came of it, such as the rules that it breaks: an
            input with a new outcome is kept to make others of. Raises `Fault`.
        mutate: Makes another input of one, with the corpus at hand.
        rooms: The parts of the program whose branches are counted, as paths in `estimator/`.
        seeds: Patterns of files, besides those of the corpus, that inputs are made from.
    """

    name: str
    about: str
    run: Callable[[bytes], Hashable]
    mutate: Callable[[bytes, Random, Sequence[bytes]], bytes]
    rooms: tuple[str, ...]
    seeds: tuple[str, ...] = ()

    def corpus(self) -> list[bytes]:
        """Return the inputs that others are made from, in an order that is always the same."""
        own = sorted(path for path in (CORPUS / self.name).glob("*") if path.is_file())
        others = [path for pattern in self.seeds for path in sorted(ROOT.glob(pattern))]
        return [path.read_bytes() for path in (*own, *others)]
