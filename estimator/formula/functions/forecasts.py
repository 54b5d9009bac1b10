"""How long conditions hold. Under `expect`, a forecast puts a number in the place of a call."""

from estimator.formula.functions.function import PER_SAMPLE, Function
from estimator.units.dimension import CONDITION, TIME


def _runway(condition: bool) -> float:
    """Return how long a condition holds that does not hold now.

    Raises:
        ValueError: It holds, and only a forecast can tell how long.
    """
    if condition:
        raise ValueError("`runway` is computed under `expect` alone, by a forecast")
    return 0.0


FUNCTIONS = (
    Function(
        "runway",
        (("condition", CONDITION),),
        TIME,
        "How long a condition goes on to hold as loads and data grow, such as"
        " `runway(servers <= 100)`; of a resource, until it is used up: `runway(db.storage)`."
        " Under `expect` alone.",
        example=("runway(1 > 2)", "0 s"),
        scalar=_runway,
        array=PER_SAMPLE,
    ),
)
