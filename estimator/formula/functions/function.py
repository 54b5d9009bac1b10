"""The record of a function of the language: all that the program knows of it, in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from enum import Enum
from typing import Any, NamedTuple, TypeAlias

from estimator.formula.tree import Node
from estimator.units.dimension import Dimension

Kind: TypeAlias = Dimension | str
"""The dimension of a value; or a letter, which stands for any dimension, and for the same one
wherever it stands again in the record."""

Result: TypeAlias = Kind | Callable[[Mapping[str, Dimension]], Dimension]
"""The dimension of a result; or a function that gives it for those that the letters stand for."""

Example: TypeAlias = tuple[str, str]
"""A formula with a call, and another formula of the same value."""

Parameter: TypeAlias = tuple[str, Kind]
"""The name and the kind of a parameter."""

KnownValue: TypeAlias = Callable[[Node], float]
"""Gives the value of an argument, infinity where it is not known."""

Cost: TypeAlias = float | Callable[[Sequence[Node], KnownValue], float]
"""About how many microseconds a call takes; or a function that tells it by the arguments."""


class Inline(NamedTuple):
    """A function that is written out as a Python expression instead of being called.

    Attributes:
        code: Takes the code of each argument and returns the code of the result.
    """

    code: Callable[[Sequence[str]], str]


class PerSample(Enum):
    """The array form of a function that has none: it is called once for each sample."""

    PER_SAMPLE = "one call per sample"


PER_SAMPLE = PerSample.PER_SAMPLE
"""Chosen where no vectorized form exists. Quantities that follow from such a function are computed
from fewer samples, as each takes microseconds instead of nanoseconds."""

ScalarForm: TypeAlias = Callable[..., float] | Inline
"""Takes and returns floats in base units. It raises `ValueError` or `ArithmeticError` where there
is no result."""

ArrayForm: TypeAlias = Callable[..., Any] | Inline | PerSample
"""Takes NumPy and then the arguments, arrays or floats, and returns what the scalar form returns
for each sample; NaN where that raises an error. NumPy is handed over because it is imported only
where a scenario has ranges, and takes as long to import as everything else."""


@dataclass(frozen=True, eq=False, repr=False)
class Function:
    """A function of the language.

    Attributes:
        name: The name that formulas call it by.
        parameters: The name and the dimension of each parameter.
        result: The dimension of the result.
        about: One line for the reference.
        example: A call and what it gives, for the reference and for tests.
        scalar: How it is computed for single floats.
        array: How it is computed for arrays of samples.
        repeats: How many of the last parameters may be repeated any number of times.
        fewest: The fewest arguments, where repeated parameters may be left out as well; any number
            from there on is allowed. None where all parameters are needed.
        cost: About how many microseconds a call takes, where it searches or adds up many terms; 0
            where it is as quick as arithmetic.
        may_be_infinite: Whether infinity is a legal result, as for the wait in an overloaded queue.
            Otherwise a result of infinity is an error.
        also_called: Names that it has elsewhere, for which it is suggested.
    """

    name: str
    parameters: tuple[Parameter, ...]
    result: Result
    about: str
    _: KW_ONLY
    example: Example
    scalar: ScalarForm
    array: ArrayForm
    repeats: int = 0
    fewest: int | None = None
    cost: Cost = 0.0
    may_be_infinite: bool = False
    also_called: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check that a function that is called for each sample can be called.

        Raises:
            TypeError: if it cannot.
        """
        if self.array is PER_SAMPLE and isinstance(self.scalar, Inline):
            raise TypeError(f"{self.name} has no scalar form that could be called per sample")

    @property
    def signature(self) -> str:
        """A call with the names of its parameters, such as `clamp(x, low, high)`."""
        names = [name for name, _ in self.parameters]
        return f"{self.name}({', '.join(names)}{', ...' if self.repeats else ''})"

    @property
    def least(self) -> int:
        """The fewest arguments that it takes."""
        return len(self.parameters) if self.fewest is None else self.fewest

    def accepts(self, count: int) -> bool:
        """Return whether it can be called with so many arguments."""
        over = count - len(self.parameters)
        if not self.repeats or not count:
            return over == 0
        return count >= self.least and (self.fewest is not None or over % self.repeats == 0)

    def parameter(self, index: int) -> Parameter:
        """Return the parameter that an argument is for, by its index from 0."""
        if index < len(self.parameters):
            return self.parameters[index]
        over = (index - len(self.parameters)) % self.repeats
        return self.parameters[len(self.parameters) - self.repeats + over]

    def microseconds(self, arguments: Sequence[Node], known: KnownValue) -> float:
        """Return about how long a call takes, in microseconds.

        Args:
            arguments: The arguments of the call.
            known: Gives the value of an argument, infinity where it is not known.
        """
        return self.cost(arguments, known) if callable(self.cost) else self.cost
