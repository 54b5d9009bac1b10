"""The same inputs guided by coverage: atheris, which is libFuzzer for Python.

    python -m fuzz.guided NAME --folder FOLDER [--seconds N] [--runs N] [--seed N]

Atheris changes the byte code of what it loads and never gives control back, so that this is a
process of its own: inputs that lead to something new are left in the folder, the rest is printed.
"""

from __future__ import annotations

import contextlib
import io
import os
import time
from random import Random

import atheris

from fuzz.engine import Amount, Current, Found, Result, arguments, as_json, beside, keep
from fuzz.fault import Fault
from fuzz.limits import Limits, peak
from fuzz.mutate import LARGEST


def main() -> None:
    """Run a target under atheris until there are enough inputs, or one is bad."""
    asked = arguments("python -m fuzz.guided")
    said = io.StringIO()  # the name of each module that is instrumented
    with (
        contextlib.redirect_stderr(said),
        atheris.instrument_imports(include=["estimator"], enable_loader_override=False),
    ):
        from fuzz.targets import target as named

        target = named(asked.name)
        with contextlib.suppress(Fault):
            for data in target.corpus()[:3]:
                target.run(data)  # what is imported on the way is instrumented, too
    seeds = target.corpus()
    for data in seeds:
        keep(asked.folder, data)
    limits, current = Limits(), Current(beside(asked.folder))
    begun, done = time.monotonic(), 0
    amount = Amount(asked.runs, asked.seconds)

    def end(found: Found | None) -> None:
        took = time.monotonic() - begun
        result = Result(done, took, limits.worst, peak(), 0, found)
        print(as_json(result), flush=True)
        os._exit(1 if found else 0)

    def run(data: bytes) -> None:
        nonlocal done
        if amount.is_enough(done, begun):
            end(None)
        done += 1
        current.write(data)
        try:
            limits.run(target, data)
        except Fault as fault:
            end(Found(fault.sort, str(fault), data))

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        return target.mutate(data, Random(seed), seeds)[:most]

    options = ["-verbosity=0", "-print_final_stats=0", "-timeout=120", "-rss_limit_mb=0"]
    options += [f"-seed={asked.seed}", f"-max_len={LARGEST}", f"-artifact_prefix={asked.folder}/"]
    atheris.Setup(["fuzz", *options, str(asked.folder)], run, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
