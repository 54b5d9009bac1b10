"""`estimator fmt`: what it changes, and what it leaves alone."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asking import ROOT, SHIPPED, Ask, one_in
from hypothesis import given
from hypothesis import strategies as st
from test_docs import _CODE, LANGUAGE, _blocks, _rows

from estimator.diagnostics import InputError, Source
from estimator.editor.canonical import canonical
from estimator.formula.fault import FormulaError
from estimator.formula.parse import parse
from estimator.formula.spacing import same
from estimator.scenario.yaml_tree import Items, Mapping, Scalar, Tree, read_yaml

BROKEN = sorted((ROOT / "tests" / "broken").rglob("*.yaml"))
PUBLISHED = sorted((ROOT / "tests" / "published").glob("*.yaml"))
KINDS = sorted((ROOT / "estimator" / "library").glob("*.yaml"))
BLOCKS = [block.text for block in _blocks("yaml")]
COMMENT = re.compile(r"(?:^|(?<=\s))#[^\r\n]*", re.M)


def formatted(text: str, folder: Path = Path()) -> str:
    return canonical(Source("scenario.yaml", text), folder)


def formula(written: str) -> str:
    """Return what becomes of a formula."""
    return formatted(f"derive:\n  a: {written}\n").removeprefix("derive:\n  a: ").rstrip("\n")


def text_of(file: Path) -> str:
    return file.read_bytes().decode("utf-8")


# --- formulas -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "becomes"),
    [
        ("2*3+x", "2 * 3 + x"),
        ("a/b", "a / b"),
        ("(1+2 )*( 3 )", "(1 + 2) * (3)"),
        ("- 5", None),
        ('"- 5 GB"', '"-5 GB"'),
        ("2 - - 3", "2 - -3"),
        ("a -3", "a - 3"),
        ("40 % to  60%", "40% to 60%"),
        ("500 M/month", "500M/month"),
        ("1.5 k", "1.5k"),
        ("3bn", "3bn"),
        ("500million", "500 million"),
        ("100k   s", "100k s"),
        ("200kB", "200 kB"),
        ("5years", "5 years"),
        ("10 TB / (100 MB/s)in h", "10 TB / (100 MB/s) in h"),
        ("x in TB / day", "x in TB/day"),
        ("2/day", "2/day"),
        ("2 / day", "2 / day"),
        ("$ 0.023/GB/month*x", "$0.023/GB/month * x"),
        ("$ 3 B", "$3B"),
        ("1 B users", "1B users"),
        ("$5/user", "$5/user"),
        ("$5 / user", "$5 / user"),
        ("max (a ,b)", "max(a, b)"),
        ("if(not(a>b)and c<=d, 1,0)", "if(not (a > b) and c <= d, 1, 0)"),
        ("2 ^ 3", "2^3"),
        ("2 ** x", "2**x"),
        ("sum(actions.*.writes.average)*2", "sum(actions.*.writes.average) * 2"),
        ("a×b÷c", "a × b ÷ c"),
        ("5 GB±1 GB", "5 GB ± 1 GB"),
        ("'100 : 1'", "'100:1'"),
        ("3x", "3x"),
        ("1e5 k*2", "1e5 k * 2"),
        ("x in GB / user", "x in GB/user"),
        ("5 GB\u00a0+  3 GB", "5 GB + 3 GB"),
    ],
)
def test_formulas_are_spaced_alike(written: str, becomes: str | None) -> None:
    if becomes is None:
        with pytest.raises(InputError):
            formula(written)
        return
    assert formula(written) == becomes


@pytest.mark.parametrize(("loose", "tidy"), _rows(LANGUAGE, "loose", "canonical"))
def test_formulas_are_spaced_as_the_table_says(loose: str, tidy: str) -> None:
    assert [formula(f) for f in _CODE.findall(loose)] == _CODE.findall(tidy)


@pytest.mark.parametrize("written", ["1B", "1 B", "2 * 1B", "x / 1 B"])
def test_a_b_that_could_be_a_billion_stays_as_it_is_written(written: str) -> None:
    assert formula(written) == written


def test_where_bytes_are_wanted_a_b_has_its_space() -> None:
    text = "users: 1B\nactions:\n  post: {per_user: 1/day, payload: 200B}\n"
    assert formatted(text) == text.replace("200B", "200 B")


def test_what_is_no_formula_is_left_alone() -> None:
    text = """\
name: a*b
about: 1+1 is 2
library: my+kinds/
users: {daily_active: 1M}
actions:
  read+write: {per_user: 2/day, op: read}
components:
  api: {kind: service, node: g2-standard-4, queue: per_node}
  own: {kind: nobody-knows, size: a*b}
slo: {for: [read+write]}
expect:
  - {check: api.nodes >= 1, reason: 1+1, owner: a*b, until: 2027-03-31}
variants:
  a: {api.node: e2-standard-2}
"""
    assert formatted(text) == text


@pytest.mark.parametrize(
    ("written", "becomes"),
    [
        ("inputs: {a: ?, b: ? }\n", 'inputs: {a: "?", b: "?" }\n'),
        ("inputs:\n  a: ?\n  b: 3\n", 'inputs:\n  a: "?"\n  b: 3\n'),
        (
            "inputs:\n  a: ?   # later\n  b: 3   # now\n",
            'inputs:\n  a: "?"  # later\n  b: 3   # now\n',
        ),
        ("derive:\n  a: ?+3\n", 'derive:\n  a: "? + 3"\n'),
        ("derive:\n  a: ? +3\n", 'derive:\n  a: "? + 3"\n'),
        ("derive:\n  a: '?'\n  b: max(?, 4)\n", "derive:\n  a: '?'\n  b: max(?, 4)\n"),
        ("about: 'what: ?'\nderive: {a: 3} # b: ?\n", "about: 'what: ?'\nderive: {a: 3} # b: ?\n"),
    ],
)
def test_a_question_mark_gets_the_quotes_that_other_readers_of_yaml_need(
    written: str, becomes: str
) -> None:
    import yaml

    assert formatted(written) == becomes
    assert formatted(becomes) == becomes
    yaml.safe_load(becomes)


def test_parameters_of_a_team_s_own_kinds_are_formulas(tmp_path: Path) -> None:
    kind = "kind: box\nabout: A box.\nparameters:\n  size: {dimension: data, about: Its size.}\n"
    (tmp_path / "box.yaml").write_text(kind, "utf-8")
    text = "library: box.yaml\ncomponents:\n  a: {kind: box, size: 2*3 GB}\n"
    assert "size: 2 * 3 GB" in formatted(text, tmp_path)


def test_variants_of_the_service_that_is_implied_are_formulas() -> None:
    text = "variants:\n  a: {service.nodes: 2*3}\n"
    assert formatted(text) == text.replace("2*3", "2 * 3")


def test_formulas_of_a_kind_s_file_are_spaced() -> None:
    text = """\
kind: box
about: A box-of-boxes.
extends: fleet
parameters:
  colour: {choices: [dark-red, red], default: dark-red, about: Its colour.}
  node: {catalog: machines, default: g2-standard-4, about: Its machine.}
  size: {dimension: data, default: 2*3 GB, above: 0B, about: Its size.}
derive:
  a: size*2
  b: {first_given: {size: size*2, else: 0B}, only_if: given( size ), dimension: data}
  c: {by: colour, cases: {dark-red: size*1, red: size*2}, dimension: data}
resources:
  cpu: {demand: a*2, capacity: node.cores*1}
for_each_resource:
  left.<resource>: {formula: "capacity.<resource>*nodes-demand.<resource>"}
sends:
  self: {reads: a*1, about: a*b}
checks:
  - {check: a>b, message: a>b}
examples:
  - {given: {size: 2*1 GB, node: g2-standard-4, colour: dark-red}, expect: [a==b]}
"""
    changed = [
        ("2*3 GB", "2 * 3 GB"),
        ("above: 0B", "above: 0B"),
        ("a: size*2", "a: size * 2"),
        ("{size: size*2, else: 0B}", "{size: size * 2, else: 0B}"),
        ("given( size )", "given(size)"),
        ("dark-red: size*1, red: size*2", "dark-red: size * 1, red: size * 2"),
        ("a*2, capacity: node.cores*1", "a * 2, capacity: node.cores * 1"),
        (
            "capacity.<resource>*nodes-demand.<resource>",
            "capacity.<resource> * nodes - demand.<resource>",
        ),
        ("reads: a*1", "reads: a * 1"),
        ("check: a>b", "check: a > b"),
        ("size: 2*1 GB, node", "size: 2 * 1 GB, node"),
        ("[a==b]", "[a == b]"),
    ]
    expected = text
    for before, after in changed:
        assert before in text
        expected = expected.replace(before, after)
    assert formatted(text) == expected


def test_what_an_alias_repeats_as_a_text_is_left_alone() -> None:
    text = "name: &n 2*3\nderive:\n  a: *n\n  b: 2*3\n"
    assert formatted(text) == text.replace("b: 2*3", "b: 2 * 3")


def test_an_anchored_formula_is_spaced_once() -> None:
    text = "derive:\n  a: &f 2*3\n  b: *f\n"
    assert formatted(text) == text.replace("2*3", "2 * 3")


def test_formulas_over_several_lines_keep_their_lines() -> None:
    text = "derive:\n  a: >-\n    5GB+1 GB  \n    +  3 GB\n  b: 1+\n    2\n  c: '1+\n    2'\n"
    after = "derive:\n  a: >-\n    5 GB + 1 GB\n    + 3 GB\n  b: 1 +\n    2\n  c: '1 +\n    2'\n"
    assert formatted(text) == after


def test_a_formula_with_an_escape_in_its_quotes_is_left_alone() -> None:
    text = 'derive:\n  a: "2\\x2a3"\n  b: 2*3\n'
    assert formatted(text) == text.replace("b: 2*3", "b: 2 * 3")


def test_comments_behind_formulas_stay_in_their_column() -> None:
    text = """\
derive:
  a: 2*3          # these two
  long_name: 5    # are aligned
  b: 2*3 # this one is not
  c: 500 M        # shorter

  d: 500 M # and this
"""
    assert formatted(text) == text.replace("2*3          #", "2 * 3        #").replace(
        "2*3 #", "2 * 3 #"
    ).replace("500 M        #", "500M         #").replace("500 M #", "500M #")


# --- sections and white space ---------------------------------------------------------------------


def test_sections_take_their_comments_along() -> None:
    text = """\
# yaml-language-server: $schema=estimator.json

# what must hold
expect:
  - users >= 1M  # a lot
  # inside
derive: {a: 1}

# who
# comes
users: 1M

name: A
# the end
"""
    assert (
        formatted(text)
        == """\
# yaml-language-server: $schema=estimator.json

name: A

# who
# comes
users: 1M
derive: {a: 1}

# what must hold
expect:
  - users >= 1M  # a lot
  # inside
# the end
"""
    )


def test_a_comment_at_the_top_is_the_file_s() -> None:
    assert formatted("# licence\nusers: 1M\nname: A\n") == "# licence\nname: A\nusers: 1M\n"


def test_an_alias_stays_behind_its_anchor() -> None:
    text = "derive:\n  a: &f 5 GB\nusers: 1M\nactions:\n  t: {per_user: 1/day, payload: *f}\n"
    assert formatted(text) == text


def test_an_alias_keeps_its_anchor_where_there_are_two_of_a_name() -> None:
    text = "derive: {a: &f 6}\nusers: &f 5\nvariants: {v: {a: *f}}\n"
    assert formatted(text) == text


def test_sections_in_braces_keep_their_order() -> None:
    assert formatted("{users: 1M, name: A}\n") == "{users: 1M, name: A}\n"


def test_the_comments_of_the_file_and_of_its_first_section_stay_two() -> None:
    text = "# licence\nderive: {a: 1}\n# who\nusers: 1M\n"
    assert formatted(text) == "# licence\n\n# who\nusers: 1M\nderive: {a: 1}\n"


def test_lines_in_quotes_are_no_comments() -> None:
    text = 'about: "one\n# two"\nname: A\n'
    assert formatted(text) == 'name: A\nabout: "one\n# two"\n'


def test_loose_white_space_goes() -> None:
    text = "\n\nname: A  \n\n\n\nusers:\t1M\t# many  \n  \nderive: {}  \n\n"
    assert formatted(text) == "name: A\n\nusers: 1M # many\n\nderive: {}\n"


def test_texts_over_several_lines_lose_the_spaces_at_line_ends() -> None:
    assert formatted("about: a  \n  b\n") == "about: a\n  b\n"


def test_white_space_in_texts_stays() -> None:
    text = 'about: |\n  a  \n\n\n\n  b\tc\nname: "a\n\n\n  b  \n  c"\n'
    assert formatted(text) == 'name: "a\n\n\n  b  \n  c"\nabout: |\n  a  \n\n\n\n  b\tc\n'


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_and_a_byte_order_mark_stay(end: str) -> None:
    text = "\ufeffusers: 1M\n\n\n\nname: A\n".replace("\n", end)
    assert formatted(text) == "\ufeffname: A\n\nusers: 1M\n".replace("\n", end)


@pytest.mark.parametrize("text", ["", "\n", "# nothing yet\n"])
def test_a_file_with_nothing_in_it_stays_so(text: str) -> None:
    assert formatted(text) == text


# --- laws -----------------------------------------------------------------------------------------


def bare(tree: Tree | None, *, top: bool = True) -> Any:
    """Return what a file says: formulas without their spaces, sections in any order."""
    if isinstance(tree, Mapping):
        entries = [(key, bare(value, top=False)) for key, (_, value) in tree.entries.items()]
        return sorted(entries, key=lambda e: e[0]) if top else entries
    if isinstance(tree, Items):
        return [bare(item, top=False) for item in tree.items]
    return None if tree is None else "".join(tree.text.value.split())


def check_laws(text: str, folder: Path = Path()) -> None:
    """Formatting again changes nothing, and the file says the same with the same comments."""
    try:
        after = formatted(text, folder)
    except InputError:
        return
    assert formatted(after, folder) == after
    assert bare(tree_of(after)) == bare(tree_of(text))
    comments = [sorted(c.rstrip() for c in COMMENT.findall(t)) for t in (text, after)]
    assert comments[0] == comments[1]
    assert all(reads_alike(*pair) for pair in zip(values(text), values(after), strict=True))


def tree_of(text: str) -> Tree | None:
    return read_yaml(Source("", text.removeprefix("\ufeff")))


def values(text: str) -> list[str]:
    """Return all values, by the names of their sections."""
    tree = tree_of(text)
    if not isinstance(tree, Mapping):
        return []
    found: list[str] = []

    def collect(part: Tree) -> None:
        if isinstance(part, Scalar):
            found.append(part.text.value)
        elif isinstance(part, Items):
            for item in part.items:
                collect(item)
        else:
            for _, value in part.entries.values():
                collect(value)

    for key in sorted(tree.entries):
        collect(tree.entries[key][1])
    return found


def reads_alike(before: str, after: str) -> bool:
    if before.rstrip("\n") == after.rstrip("\n"):
        return True
    templates = re.compile("<(resource|component|branch)>")
    try:
        trees = [parse(templates.sub(r"_\1_", text)) for text in (before, after)]
    except FormulaError:
        return False
    return same(*trees, bytes_=True)


@pytest.mark.parametrize("file", one_in(4, [*BROKEN, *PUBLISHED, *KINDS]), ids=lambda f: f.stem)
def test_a_formatted_file_says_the_same_and_stays(file: Path) -> None:
    try:
        text = text_of(file)
    except UnicodeDecodeError:
        return
    check_laws(text, file.parent)


@pytest.mark.parametrize("text", one_in(4, BLOCKS))
def test_formatted_examples_of_the_pages_say_the_same(text: str) -> None:
    check_laws(text)


@pytest.mark.parametrize("file", SHIPPED, ids=lambda f: f.stem)
def test_shipped_scenarios_are_in_their_canonical_form(file: Path) -> None:
    assert formatted(text_of(file), file.parent) == text_of(file)


SPACE = st.sampled_from(["", "", " ", "  "])
NUMBERS = ["2", "1.5", "40%", "500M", "1.5 k", "100:1", "3x", "2e9", "1_000", ".4", "5million"]
AMOUNTS = [
    "200B",
    "1 B",
    "5GB",
    "2/day",
    "$0.023/GB/month",
    "$ 3 B",
    "10  Gbps",
    "5 GB/user",
    "3 B^2",
]
NAMES = ["a", "b.c", "GB", "day", "users", "sum(actions.*.x)"]
LEAVES = st.sampled_from([*NUMBERS, *AMOUNTS, *NAMES])
OPERATORS = ["+", "-", "*", "/", "^", "**", "×", "<=", "==", " to ", " and ", " or ", "±", "−"]


def joined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def spaced(*texts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        with_spaces = [piece for text in texts for piece in (SPACE, text)]
        return st.tuples(*with_spaces, SPACE).map("".join)

    const: Callable[[str], st.SearchStrategy[str]] = st.just
    return st.one_of(
        spaced(parts, st.sampled_from(OPERATORS), parts),
        spaced(const("("), parts, const(")")),
        spaced(st.sampled_from(["-", "+", "not "]), parts),
        spaced(const("max"), const("("), parts, const(","), parts, const(")")),
        spaced(parts, const(" in "), st.sampled_from(["TB/day", "GB / user", "min", "1 / s"])),
    )


FORMULAS = st.recursive(LEAVES, joined, max_leaves=12)


@given(FORMULAS)
def test_a_formatted_formula_reads_as_it_did(written: str) -> None:
    text = f'derive:\n  a: "{written}"\n'
    try:
        tree = parse(written)
    except FormulaError:
        return
    after = formatted(text)
    value = after.removeprefix('derive:\n  a: "').removesuffix('"\n')
    assert same(parse(value), tree)
    assert formatted(after) == after
    assert "  " not in value
    assert value == value.strip()


@given(st.data())
def test_however_a_formula_is_spaced_it_becomes_the_same(data: st.DataObject) -> None:
    pieces = ["(", "a", "+", "2", ")", "*", "max", "(", "b", ",", "40", "%", ")", "<=", "-", "c"]
    text = "".join(piece + data.draw(SPACE) for piece in pieces)
    assert formula(f'"{text}"') == '"(a + 2) * max(b, 40%) <= -c"'


SECTIONS = {
    "name": "name: A#b",
    "users": "users: {daily_active: 2*3,  concurrent: 10 %}",
    "actions": "actions:\n  # inner\n  t: {per_user: 2/day, payload: &p 2*3 kB}   # kept",
    "components": "components:\n  api:   {kind: service, cpu_time: 5ms}",
    "derive": "derive:\n  a: >-\n    2*3\n    + 4\n\n\n  b: 'x*y'  # why",
    "about": "about: |\n  # no comment\n\n\n  2*3  ",
    "slo": "slo: {p99: 1s}",
    "expect": "expect:\n- a<=b",
    "variants": "variants: {v: {a: 1*2}}",
}
ABOVE = st.lists(st.sampled_from(["\n", "# note\n", "\n\n\n", "  \n", "#\ttab \n"]), max_size=3)


@pytest.mark.slow
@given(st.permutations(sorted(SECTIONS)), st.lists(ABOVE, min_size=10, max_size=10), SPACE)
def test_sections_in_any_order_come_into_theirs(
    keys: list[str], above: list[list[str]], end: str
) -> None:
    text = "".join(
        "".join(lines) + SECTIONS[key] + end + "\n"
        for key, lines in zip(keys, above, strict=False)
        if not (key == "about" and end)
    )
    text += "".join(above[-1])
    check_laws(text)
    tree = tree_of(formatted(text))
    assert isinstance(tree, Mapping)
    order = ["name", "about", "users", "actions", "components", "derive", "slo", "expect"]
    assert list(tree.entries)[:-1] == [key for key in order if key in tree.entries]
    assert "\n\n\n" not in formatted(text).replace("\n\n\n  2*3", "")


# --- the command ----------------------------------------------------------------------------------

LOOSE, TIGHT = "derive: {a: 2*3}\n", "derive: {a: 2 * 3}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with two scenarios in scenarios/, one of which is to be formatted."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "loose.yaml").write_text(LOOSE, "utf-8")
    (tmp_path / "scenarios" / "tight.yml").write_text(TIGHT, "utf-8")
    return tmp_path


def test_without_a_path_the_scenarios_are_formatted(ask: Ask, folder: Path) -> None:
    assert ask("fmt") == (0, "", "1 file reformatted, 1 left unchanged\n")
    assert text_of(folder / "scenarios" / "loose.yaml") == TIGHT
    assert ask("fmt") == (0, "", "2 files left unchanged\n")


def test_without_a_path_the_nearest_scenarios_above_are_formatted(
    ask: Ask, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "below").mkdir()
    monkeypatch.chdir(folder / "below")
    assert ask("fmt").code == 0
    assert text_of(folder / "scenarios" / "loose.yaml") == TIGHT


def test_check_lists_files_and_writes_nothing(ask: Ask, folder: Path) -> None:
    said = "would reformat scenarios/loose.yaml\n"
    counts = "1 file would be reformatted, 1 already formatted\n"
    assert ask("fmt", "--check") == (1, said, counts)
    assert text_of(folder / "scenarios" / "loose.yaml") == LOOSE
    assert ask("fmt", "--check", "tight") == (0, "", "1 file already formatted\n")


def test_diff_shows_what_would_change_and_writes_nothing(ask: Ask, folder: Path) -> None:
    (folder / "a.yaml").write_text("name: A  \nderive: {a: 2*3}", "utf-8")
    answer = ask("fmt", "--diff", "a.yaml")
    assert answer.code == 1
    assert answer.out == (
        "--- a.yaml\n+++ a.yaml\n@@ -1,2 +1,2 @@\n-name: A  \n-derive: {a: 2*3}\n"
        "\\ No newline at end of file\n+name: A\n+derive: {a: 2 * 3}\n"
    )
    assert text_of(folder / "a.yaml") == "name: A  \nderive: {a: 2*3}"
    colored = ask("fmt", "--diff", "a.yaml", "--color", "always").out
    assert "\x1b[32m+name: A" in colored


def long_file(expectations: int) -> str:
    """Return a file whose sections are in another order, with every second line loose."""
    checks = (f"  - users{'>=' if i % 2 else ' >= '}{i}\n" for i in range(expectations))
    return "expect:\n" + "".join(checks) + "users:   1M\n"


def test_the_difference_of_a_long_file_is_a_patch(ask: Ask, folder: Path) -> None:
    file = folder / "long.yaml"
    file.write_text(long_file(2_500), "utf-8")
    answer = ask("fmt", "--diff", "long.yaml")
    gone = [line for line in answer.out.splitlines() if re.match("-(?!--)", line)]
    assert len(gone) == 1 + 1_250  # what is moved, and every second line
    (folder / "it.patch").write_text(answer.out, "utf-8", newline="")
    subprocess.run(["git", "apply", "-p0", "it.patch"], cwd=folder, check=True)
    patched = text_of(file)
    file.write_text(long_file(2_500), "utf-8")
    assert ask("fmt", "long.yaml").code == 0
    assert text_of(file) == patched


@pytest.mark.slow
def test_the_difference_of_a_long_file_takes_little_longer_than_formatting_it(
    ask: Ask, folder: Path
) -> None:
    (folder / "long.yaml").write_text(long_file(12_000), "utf-8")
    times = []
    for option in ("--check", "--diff"):
        start = time.process_time()
        ask("fmt", option, "long.yaml")
        times.append(time.process_time() - start)
    assert times[1] < 2 * times[0]


def test_standard_input_goes_to_standard_output(ask: Ask) -> None:
    assert ask("fmt", "-", given=LOOSE) == (0, TIGHT, "")
    assert ask("fmt", "-", given="\ufeff" + LOOSE) == (0, "\ufeff" + TIGHT, "")
    checked = ask("fmt", "-", "--check", given=LOOSE)
    assert (checked.code, checked.out) == (1, "would reformat <stdin>\n")


def test_a_broken_file_is_told_of_and_left_alone_and_the_others_are_formatted(
    ask: Ask, folder: Path
) -> None:
    broken = "derive:\n  a: 2*3\n  b: 2 +\n  c: 5 frobs\n"
    (folder / "scenarios" / "broken.yaml").write_text(broken, "utf-8")
    (folder / "scenarios" / "no_yaml.yaml").write_text("derive: {a: 2*3\n", "utf-8")
    code, out, err = ask("fmt")
    assert (code, out) == (2, "")
    assert re.findall(r"error\[(\w+)\]", err) == ["E011", "E016", "E003"]
    assert " --> scenarios/broken.yaml:3:8\n" in err
    assert err.endswith("1 file reformatted, 1 left unchanged, 2 not formatted\n")
    assert text_of(folder / "scenarios" / "broken.yaml") == broken
    assert text_of(folder / "scenarios" / "loose.yaml") == TIGHT
    assert ask("fmt", "-", given=broken).out == ""


def test_folders_are_searched_for_scenarios_and_kinds_only(ask: Ask, folder: Path) -> None:
    deep = folder / "a" / "b"
    deep.mkdir(parents=True)
    (deep / "loose.yaml").write_text(LOOSE, "utf-8")
    (folder / "a" / "compose.yaml").write_text("services: {a: 1}\nversion:   3 \n", "utf-8")
    (folder / "a" / ".hidden").mkdir()
    (folder / "a" / ".hidden" / "loose.yaml").write_text(LOOSE, "utf-8")
    assert ask("fmt", "a", "a/b/loose.yaml") == (0, "", "1 file reformatted\n")
    assert text_of(folder / "a" / "compose.yaml") == "services: {a: 1}\nversion:   3 \n"
    assert text_of(folder / "a" / ".hidden" / "loose.yaml") == LOOSE
    named = ask("fmt", "a/compose.yaml")
    assert named.code == 2
    assert "error[E007]: there is no key `services` here" in named.err


def test_what_is_not_there_is_told(ask: Ask, folder: Path) -> None:
    (folder / "empty").mkdir()
    code, _, err = ask("fmt", "empty", "losse", "gone.yaml")
    assert code == 2
    assert "there are no YAML files in `empty`" in err
    assert "did you mean `loose`?" in err
    assert "there is no file `gone.yaml`" in err


def test_without_a_folder_of_scenarios_a_path_is_asked_for(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = ask("fmt")
    assert code == 2
    assert "there is no folder `scenarios/`" in err


def test_links_and_modes_of_files_stay(ask: Ask, folder: Path) -> None:
    file, link = folder / "scenarios" / "loose.yaml", folder / "scenarios" / "a_link.yaml"
    file.chmod(0o640)
    link.symlink_to(file)
    assert ask("fmt", "scenarios").code == 0
    assert link.is_symlink()
    assert file.stat().st_mode & 0o777 == 0o640
    assert text_of(file) == TIGHT


def test_a_link_that_is_named_is_not_written_to(ask: Ask, folder: Path) -> None:
    file, link = folder / "scenarios" / "loose.yaml", folder / "link.yaml"
    before = text_of(file)
    link.symlink_to("scenarios/loose.yaml")
    code, _, err = ask("fmt", "link.yaml")
    assert code == 2
    assert "`link.yaml` is a link to" in err
    assert f"name `{file.resolve()}`" in err
    assert text_of(file) == before


def test_files_that_need_nothing_are_not_written(ask: Ask, folder: Path) -> None:
    file = folder / "scenarios" / "tight.yml"
    before = file.stat()
    assert ask("fmt", "tight").code == 0
    after = file.stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)
