"""What the keys of a scenario mean that no kind explains."""

from __future__ import annotations

SECTIONS = {
    "name": "The scenario's name; otherwise the file's.",
    "about": "What it is about, in a sentence.",
    "library": "Files or folders with kinds of your own, from the scenario's folder.",
    "conventions": "How this file counts: the length of its days, and the digits it carries.",
    "users": "A count, or `registered`, `daily_active` and `concurrent`.",
    "traffic": "`peak_to_average`, `growth` and `internet`.",
    "storage": "`copies`: the copies of all data, where no component says how it stores them.",
    "actions": "What users or machines do: a name and the parameters of an action for each.",
    "components": "What the system is made of: a name, a `kind` and that kind's parameters.",
    "derive": "Formulas of your own: `name: formula`.",
    "slo": "Service levels that are aimed at.",
    "sla": "Service levels that are promised.",
    "expect": "Conditions that the estimate should meet.",
    "variants": "Named sets of overrides, for `--variant`.",
}
"""The keys at the top of a file."""

CONVENTIONS = {
    "day": "The length of a day, such as `100k s`.",
    "month": "The length of a month, such as `30 days`.",
    "year": "The length of a year, such as `360 days`.",
    "round": "The digits that every result is rounded to before it is used further.",
}
"""The keys of `conventions`."""

EXPECTATION = {
    "check": "The condition; a line with nothing else is a check.",
    "severity": "`error` (the default) fails the run, `warn` does not.",
    "reason": "Why it is expected.",
    "owner": "Who decides about it.",
    "until": "The last day, as `2027-03-31`, on which a failure is waived.",
}
"""The keys of an expectation."""

KIND = "What it is: the name of a kind, shipped or a team's own."
"""The key `kind` of a component."""


def about_key(path: tuple[str, ...]) -> str:
    """What a key means by the keys that lead to it; nothing where a kind has to say."""
    match path:
        case (section,):
            return SECTIONS.get(section, "")
        case ("conventions", key):
            return CONVENTIONS.get(key, "")
        case ("expect", key):
            return EXPECTATION.get(key, "")
        case ("components", _, "kind"):
            return KIND
    return ""
