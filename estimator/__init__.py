"""Back-of-the-envelope capacity estimates as small YAML files, computed with units."""

from estimator.version import __version__

TYPE_CHECKING = False  # as `typing` has it, which takes longer to import than all of this
if TYPE_CHECKING:
    from estimator.analyse.difference import Difference
    from estimator.api import (
        Estimate,
        Explanation,
        check,
        diff,
        estimate,
        explain,
        load,
    )
    from estimator.api.decisions import compare, forecast, solve, sweep
    from estimator.checks.checked import Checked
    from estimator.diagnostics import Diagnostic, InputError
    from estimator.evaluate.report import Report
    from estimator.scenario.load import Loaded as Scenario

__all__ = [
    "Checked",
    "Diagnostic",
    "Difference",
    "Estimate",
    "Explanation",
    "InputError",
    "Report",
    "Scenario",
    "__version__",
    "check",
    "compare",
    "diff",
    "estimate",
    "explain",
    "forecast",
    "load",
    "solve",
    "sweep",
]

_HOMES = {
    "Checked": "checks.checked",
    "compare": "api.decisions",
    "Diagnostic": "diagnostics",
    "Difference": "analyse.difference",
    "InputError": "diagnostics",
    "forecast": "api.decisions",
    "solve": "api.decisions",
    "sweep": "api.decisions",
    "Report": "evaluate.report",
    "Scenario": "scenario.load",
}
"""The modules of the public names that are not in `api`."""

if not TYPE_CHECKING:  # else every name would be one of the package's

    def __getattr__(name: str) -> object:
        """Import a public name when it is first used, as importing all of them takes long."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        home = import_module(f"{__name__}.{_HOMES.get(name, 'api')}")
        return getattr(home, "Loaded" if name == "Scenario" else name)
