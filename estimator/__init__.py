"""Back-of-the-envelope capacity estimates as small YAML files, computed with units."""

from estimator.version import __version__

TYPE_CHECKING = False  # as `typing` has it, which takes longer to import than all of this
if TYPE_CHECKING:
    from estimator.analyse.difference import Difference
    from estimator.api import (
        Estimate,
        check,
        diff,
        estimate,
        explain,
        load,
    )
    from estimator.api.decisions import (
        Designs,
        Forecast,
        Solution,
        Sweep,
        compare,
        forecast,
        solve,
        sweep,
    )
    from estimator.api.explanation import Explanation
    from estimator.checks.checked import Checked
    from estimator.diagnostics import Diagnostic, InputError, UnknownNameError
    from estimator.evaluate.report import Report, Value
    from estimator.scenario.load import Loaded as Scenario

__all__ = [
    "Checked",
    "Designs",
    "Diagnostic",
    "Difference",
    "Estimate",
    "Explanation",
    "Forecast",
    "InputError",
    "Report",
    "Scenario",
    "Solution",
    "Sweep",
    "UnknownNameError",
    "Value",
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
    "Designs": "analyse.designs",
    "Diagnostic": "diagnostics",
    "Difference": "analyse.difference",
    "Explanation": "api.explanation",
    "Forecast": "analyse.forecast",
    "InputError": "diagnostics",
    "Report": "evaluate.report",
    "Scenario": "scenario.load",
    "Solution": "analyse.solve",
    "Sweep": "analyse.sweep",
    "UnknownNameError": "diagnostics",
    "Value": "evaluate.report",
    "compare": "api.decisions",
    "forecast": "api.decisions",
    "solve": "api.decisions",
    "sweep": "api.decisions",
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

    def __dir__() -> list[str]:
        """Return the public names, also those that are not imported yet, for completion."""
        return sorted({*globals(), *__all__})
