"""A program's parts and functions, held against the whole model computed again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from asking import SHIPPED, one_in

from estimator import estimate, load
from estimator.evaluate.program import compile_program
from estimator.formula.tree import Number
from estimator.model import Model


def again(model: Model, moved: Mapping[str, float]) -> dict[str, float]:
    """Return all values of a model with those of some quantities."""
    changed = {n: model.quantities[n].computed_by(Number(v, (0, 0))) for n, v in moved.items()}
    return compile_program(model._replace(quantities={**model.quantities, **changed})).values()


def model_of(text: str) -> Model:
    return estimate(load(text=text)).model


@pytest.mark.parametrize("path", one_in(3, SHIPPED), ids=lambda path: path.stem)
@pytest.mark.parametrize("is_known", [True, False])
def test_a_function_gives_what_the_whole_model_gives(path: Path, *, is_known: bool) -> None:
    model = estimate(path).model
    before = compile_program(model).values()
    program = compile_program(model, before if is_known else None)
    names = list(model.quantities)
    inputs = [n for n in names if not model.quantities[n].uses and before[n] > 0]
    for some in (inputs[:1], inputs[1:6:2], inputs[-3:]):
        run = program.function(some, names)
        for factor in (1.0, 1.01, 0.99):
            moved = {name: before[name] * factor for name in some}
            found = dict(zip(names, run(*moved.values()), strict=True))
            assert found == again(model, moved)


def test_a_quantity_that_follows_from_others_can_be_moved_too() -> None:
    model = model_of("derive: {base: 2, thrice: base * 3, more: thrice + base, same: thrice}\n")
    program = compile_program(model)
    assert program.function(["thrice"], ["more", "same"])(10.0) == (12.0, 10.0)
    assert program.function(["base", "thrice"], ["more"])(1.0, 10.0) == (11.0,)


def test_a_part_is_what_some_quantities_follow_from() -> None:
    model = model_of("derive: {base: 2, thrice: base * 3, more: thrice + 1, other: base + 9}\n")
    part = compile_program(model).part(["thrice"])
    assert part.values() == {"base": 2.0, "thrice": 6.0}


def test_a_function_that_fails_leaves_all_else_as_it_was() -> None:
    model = model_of("derive: {base: 2, thrice: base * 3, more: 1 / (base - 4), far: thrice}\n")
    program = compile_program(model, compile_program(model).values())
    run = program.function(["base"], ["far", "more"])
    with pytest.raises(ZeroDivisionError):
        run(4.0)
    assert run(5.0) == (15.0, 1.0)
    assert program.function([], ["base", "thrice"])() == (2.0, 6.0)


def test_what_stays_as_it_is_and_cannot_be_computed_is_reported_by_the_call() -> None:
    text = "derive: {base: 2, thrice: 3, more: base / (thrice - 2)}\n"
    model = model_of(text)
    broken = {"thrice": model.quantities["thrice"].computed_by(Number(2.0, (0, 0)))}
    program = compile_program(model._replace(quantities={**model.quantities, **broken}))
    run = program.function(["base"], ["more"])
    with pytest.raises(ZeroDivisionError):
        run(1.0)
    assert program.function(["thrice"], ["more"])(4.0) == (1.0,)
