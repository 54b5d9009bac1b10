"""What people write for something else: the message has the line to write, and that line works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from asking import Ask

from estimator.cli import slips
from estimator.cli.app import COMMANDS
from estimator.diagnostics import Problems, Source, Text
from estimator.formula import near_misses
from estimator.formula.functions import DISTRIBUTIONS, FUNCTIONS
from estimator.formula.parse import parse
from estimator.formula.tokens import SCALES
from estimator.library.loader import Library, shipped_kind
from estimator.library.names import shipped_kinds
from estimator.library.other_words import PARAMETERS
from estimator.model import build
from estimator.model.templates import settable
from estimator.scenario.load import load_source

_WRITTEN = re.compile(r"`([^`]+)`")


def errors(formula: str) -> list[tuple[str, str]]:
    """Return the message and the help of each error of a formula under `derive`."""
    return scenario_errors(f"derive:\n  x: 240k\n  hotels: 3\n  found: {formula}\n")


def scenario_errors(text: str) -> list[tuple[str, str]]:
    from estimator.diagnostics import InputError

    problems = Problems()
    try:
        loaded = load_source(Source("s.yaml", text), Path(), "s")
        build(loaded, problems)
    except InputError as error:
        problems.found.extend(error.diagnostics)
    return [(d.message, d.help or "") for d in problems.errors]


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("1,5 kB", "1.5 kB"),
        ("1,500", "1500"),
        ("1,500", "1_500"),
        ("1,000,000 B", "1_000_000 B"),
        ("1.000.000", "1_000_000"),
        ("1.500,5 MB", "1_500.5 MB"),
        ("1'000 kB", "1_000 kB"),
        ("1 000 000", "1_000_000"),
        ("$1,000.50", "$1_000.50"),
        ("0,5 GB/s", "0.5 GB/s"),
        ("(1,5 + 2)", "1.5"),
        ("$0.023/GB-month", "$0.023/GB/month"),
        ("$0.02 per GB-month", "$0.02/GB/month"),
        ("5 GB-months", "5 GB * 1 month"),
        ("3 node-hours", "3 node * 1 hour"),
        ("5000 hotels * x", "5000 * hotels"),
        ("2 per day", "2/day"),
        ("5 MB per sec", "5 MB/sec"),
        ("10k requests per second", "10k requests/second"),
        ("5 times a day", "5 times/day"),
        ("10 per 5 min", "10 / (5 min)"),
        ("twice a day", "2/day"),
        ("3 daily", "3/day"),
        ("5 percent", "5%"),
        ("forever", "10 years"),
        ("5 pct", "5%"),
        ("10 Mbytes", "10 MB"),
        ("10 gbit", "10 Gb"),
        ("10 Mo", "10 MB"),
        ("10 KIB", "10 KiB"),
        ("8 Gib", "GiB"),
        ("8 Gib", "Gibit"),
        ("8 mb", "MB"),
        ("8 mb", "Mb"),
        ("8 MBPS", "Mbps"),
        ("3 mio", "3M"),
        ("3 Million", "3M"),
        ("3 crore", "3 * 10M"),
        ("10 Hz", "10/s"),
        ("2 wks", "2 weeks"),
        ("5$", "$5"),
        ("USD 5", "5 USD"),
        ("1-2 ms", "1 to 2 ms"),
        ("1M..2M", "1M to 2M"),
        ("1M–2M", "1M to 2M"),
        ("pow(2 + 1, 3)", "(2 + 1) ^ 3"),
        ("average(1, 2, 3)", "sum(1, 2, 3) / 3"),
        ("avg(5)", "mean(5)"),
        ("median(5)", "p50(5)"),
        ("percentile(5)", "p95(5)"),
        ("ceiling(1.5)", "ceil(1.5)"),
        ("roundup(1.5)", "ceil(1.5)"),
        ("trunc(1.5)", "floor(1.5)"),
        ("round(2.345, 2)", "round(2.345 * 10^2) / 10^2"),
        ("log(8, 2)", "log(8) / log(2)"),
        ("modulo(7, 3)", "mod(7, 3)"),
        ("iff(1 > 2, 3, 4)", "if(1 > 2, 3, 4)"),
    ],
)
def test_a_slip_in_a_formula_is_told_once_with_what_to_write(written: str, instead: str) -> None:
    found = errors(written)
    assert len(found) == 1
    assert instead in _WRITTEN.findall(found[0][1])
    mended = f"1 {instead}" if instead.isalpha() else instead
    assert errors(mended) == []


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("cost.per_month < 100k", "write `$100k`"),
        ("post p99 < 1 s", "a name of two parts has a dot: `post.p99`"),
    ],
)
def test_a_condition_that_lacks_a_sign_or_a_dot_says_so(condition: str, says: str) -> None:
    text = f"users: 1M\nactions: {{post: {{per_user: 1/day}}}}\nexpect: [{condition}]\n"
    ((_, help_),) = scenario_errors(text)
    assert says in help_


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("x == 240k ± 5%", "x ~ 240k within 5%"),
        ("x == 240k ± 5k", "x ~ 240k within 5k"),
        ("x == 200k to 300k", "x >= 200k and x <= 300k"),
        ("x ~= 240k", "~"),
        ("x =~ 240k", "~"),
        ("x ≃ 240k", "x ~ 240k"),
        ("x ~ 200k + 40k", "x ~ 200k + 40k within 5%"),
        ("240k ~ x", "x ~ 240k"),
        ("x ~ 240k ± 5%", "x ~ 240k within 5%"),
        ("x is about 240k", "x ~ 240k"),
        ("x within 3% of 240k", "x ~ 240k within 3%"),
        ("x between 200k and 300k", "x >= 200k and x <= 300k"),
        ("200k < x < 300k", "200k < x and x < 300k"),
    ],
)
def test_a_slip_in_a_condition_is_told_once_with_what_to_write(written: str, instead: str) -> None:
    start = "derive: {x: 240k}\nexpect:\n  - "
    found = scenario_errors(f"{start}{written}\n")
    assert len(found) == 1
    assert _WRITTEN.findall(found[0][1]) == [instead]
    mended = "x ~ 240k" if instead == "~" else instead
    assert scenario_errors(f"{start}{mended}\n") == []


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("post: {per_user: 1,5/day}", "per_user: 1.5/day"),
        ("post: {per_user: 1/day, payload: 1,000 B}", "payload: 1_000 B"),
        ("post: {per_user: max(1/day, 2/day)}", 'per_user: "max(1/day, 2/day)"'),
        ("post: {per_user: 1/day payload: 1 kB}", "per_user: 1/day, payload: 1 kB"),
        ("post: per_user: 1/day", "post: {per_user: 1/day}"),
    ],
)
def test_a_slip_in_braces_is_told_once_with_what_to_write(written: str, instead: str) -> None:
    start = "users: 1M\nactions:\n  "
    found = scenario_errors(f"{start}{written}\n")
    assert len(found) == 1
    assert _WRITTEN.findall(found[0][1]) == [instead]
    whole = instead if instead.startswith("post") else f"post: {{{instead}}}"
    more = "" if "per_user" in whole else ", per_user: 1/day}"
    assert scenario_errors(f"{start}{whole.removesuffix('}') + more if more else whole}\n") == []


@pytest.mark.parametrize("amount", ["256 kB", "256 KiB"])
def test_a_count_that_should_be_bytes_is_told_at_the_count(amount: str) -> None:
    text = (
        "derive: {block: 256K, blocks: 1 TB / block, rest: block + 5 MB}\nexpect: [blocks < 5M]\n"
    )
    [(message, help_)] = scenario_errors(text)
    assert "`256K` is a count, and bytes are needed where `block` is used" in message
    assert amount in _WRITTEN.findall(help_)
    assert "256k" in _WRITTEN.findall(help_)
    assert scenario_errors(text.replace("256K", amount)) == []


def test_a_capital_k_is_a_thousand_where_a_count_belongs() -> None:
    assert scenario_errors("users: 500K\nderive: {x: 1.5K}\nexpect: [users <= 500K]\n") == []


# --- the tables -----------------------------------------------------------------------------------


@pytest.mark.parametrize("word", near_misses.UNITS)
def test_what_is_suggested_for_a_unit_is_read(word: str) -> None:
    help_ = near_misses.unit_help(word, "5")
    assert help_ is not None
    for written in _WRITTEN.findall(help_):
        if not written.endswith(":"):
            parse(written.rpartition(": ")[2].rstrip("}"))
    spelled = word.capitalize() if word in SCALES else word
    assert errors(f"5 {spelled}") == [(f"`{spelled}` is not a unit", help_)]


@pytest.mark.parametrize("name", near_misses.FUNCTIONS)
def test_what_is_suggested_for_a_function_is_read_and_there_is_none_of_its_name(name: str) -> None:
    assert name not in FUNCTIONS
    assert name not in DISTRIBUTIONS
    for arguments in ([], ["5"], ["5", "a + b"], ["5", "6", "7"]):
        meant = near_misses.function_meant(name, arguments)
        assert meant is not None
        parse(meant.replace("if(", "max("))
        for function in re.findall(r"(\w+)\(", meant):
            assert function in {*FUNCTIONS, *DISTRIBUTIONS}


def test_words_for_kinds_are_no_kinds_and_lead_to_one() -> None:
    library = Library(())
    for name in library.names():
        for text in shipped_kind(name).also_called or ():
            assert text.value not in shipped_kinds()
            assert library.meant(text.value) == [name]


def test_words_for_parameters_lead_to_some_kind() -> None:
    known = {p for name in shipped_kinds() for p in settable(shipped_kind(name))}
    known |= {p for name in shipped_kinds() for p in shipped_kind(name).pinnable}
    ways = {way.lstrip("#%@").partition("|")[0] for ways in PARAMETERS.values() for way in ways}
    assert {way.partition("=")[0] for way in ways} <= known


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("redis", "cache"),
        ("postgres", "database"),
        ("MySQL", "database"),
        ("s3", "object_store"),
        ("Amazon S3", "object_store"),
        ("aws-lambda", "service"),
        ("dynamodb", "serverless_database"),
        ("cassandra", "quorum_database"),
        ("mongodb", "database"),
        ("nginx", "load_balancer"),
        ("rabbitmq", "queue"),
        ("sqs", "queue"),
        ("elasticsearch", "search_index"),
        ("cloudfront", "cdn"),
        ("memcached_cluster", "cache"),
        ("sns", "pubsub"),
        ("Google-PubSub", "pubsub"),
        ("hdd", "disk"),
        ("mimir", "sized"),
    ],
)
def test_a_product_leads_to_the_kind_that_does_it(word: str, kind: str, ask: Ask) -> None:
    text = (
        f"users: 1M\nactions: {{post: {{per_user: 1/day}}}}\ncomponents: {{c1: {{kind: {word}}}}}\n"
    )
    [(message, help_)] = scenario_errors(text)
    assert message == f"there is no kind `{word}`"
    assert help_.partition(" and ")[0] == f"write `kind: {kind}`"  # and perhaps `like:` the product
    assert scenario_errors(text.replace(word, kind)) == []
    told = ask("kinds", word)
    assert (told.code, f"write `estimator kinds {kind}`" in told.err) == (2, True)


# --- calls ----------------------------------------------------------------------------------------

SHOP = "users: 1M\nactions: {post: {per_user: 2/day, payload: 256 B}}\n"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "shop.yaml"
    file.write_text(SHOP, "utf-8")
    return file


@pytest.mark.parametrize(
    ("call", "instead"),
    [
        ("shop.yaml", "run shop.yaml"),
        ("shop", "run shop.yaml"),
        ("shop.yaml --set users=5M", "run shop.yaml --set users=5M"),
        ("show shop.yaml", "run shop.yaml"),
        ("validate shop.yaml", "check shop.yaml"),
        ("kind cache", "kinds cache"),
        ("list", "kinds"),
        ("ls", "kinds"),
        ("rnu shop.yaml", "run shop.yaml"),
        ("--json shop.yaml", "run --format json shop.yaml"),
        ("run --json shop.yaml", "run --format json shop.yaml"),
        ("check shop.yaml --json", "check shop.yaml --format json"),
        ("explain shop.yaml --json", "explain shop.yaml --format json"),
        ("run shop.yaml --md", "run shop.yaml --format markdown"),
        ("check -q shop.yaml", "check --format concise shop.yaml"),
        ("run shop.yaml -s users=5M", "run shop.yaml --set users=5M"),
        ("run --file shop.yaml", "run shop.yaml"),
        ("run -f shop.yaml", "run shop.yaml"),
        ("run shop.yaml --verbose", "explain shop.yaml"),
        ("run shop.yaml --no-color", "run shop.yaml --color never"),
        ("fmt --write shop.yaml", "fmt shop.yaml"),
        ("run shop.yaml --outptu o.txt", "run shop.yaml --output o.txt"),
        ("5 GB", "calc '5 GB'"),
        ("new ride hailing", "new ride_hailing"),
    ],
)
def test_a_wrong_call_is_told_with_the_call_to_make(
    call: str, instead: str, ask: Ask, shop: Path
) -> None:
    import shlex

    told = ask(*call.split())
    assert told.code == 2
    assert told.err.count("error[") == 1
    assert f"write `estimator {instead}`" in told.err
    assert ask(*shlex.split(instead)).code == 0


@pytest.mark.parametrize(
    ("call", "option"),
    [
        ("run shop.yaml --format gfm", "--format markdown"),
        ("run shop.yaml --format text", "--format table"),
        ("check shop.yaml --format gfm", "--format markdown"),
        ("check shop.yaml --format txt", "--format full"),
        ("run shop.yaml --format jsn", "--format json"),
        ("run shop.yaml --color on", "--color always"),
        ("forecast shop.yaml --months 2y", "--months 24"),
    ],
)
def test_a_wrong_value_of_an_option_is_told_with_the_right_one(
    call: str, option: str, ask: Ask, shop: Path
) -> None:
    told = ask(*call.split())
    assert told.code == 2
    assert f"= help: write `{option}`" in told.err
    assert ask(*call.split()[:2], *option.split()).code == 0


@pytest.mark.parametrize("command", ["run", "check"])
def test_markdown_may_be_called_as_its_files_end(command: str, ask: Ask, shop: Path) -> None:
    short, whole = (ask(command, "shop.yaml", "--format", name) for name in ("md", "markdown"))
    assert (short.code, short.out) == (0, whole.out)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("run shop.yaml users=5M", "write `--set users=5M`"),
        ("run shop.yaml --set users 5M", "write `--set users=FORMULA`"),
        ("run shop.yaml --set users=5M,post.payload=2", "--set users=5M --set post.payload=2"),
        ("run shop", "write `shop.yaml`"),
        ("run shop.yam", "write `shop.yaml`"),
        ("forecast shop.yaml --show costs", "did you mean `cost.per_month`?"),
        ("forecast shop.yaml --months two", "a whole number belongs here"),
    ],
)
def test_a_wrong_setting_or_name_is_told_with_the_right_one(
    call: str, words: str, ask: Ask, shop: Path
) -> None:
    told = ask(*call.split())
    assert told.code == 2
    assert told.err.count("error[") == 1
    assert words in told.err


def test_version_help_and_a_short_output_are_taken(ask: Ask, shop: Path) -> None:
    assert ask("version") == ask("--version")
    assert ask("help", "run") == ask("run", "--help")
    assert ask("help").out.startswith("Usage: estimator")
    assert ask("run", "shop.yaml", "-o", "out.txt").code == 0
    assert "Requirements" in (shop.parent / "out.txt").read_text("utf-8")


def test_half_a_name_is_told_with_the_whole_ones_that_matter(ask: Ask, shop: Path) -> None:
    shop.write_text(SHOP + "components: {api: {kind: service}}\n", "utf-8")
    for half, whole in (("cost", "cost.per_month"), ("api", "api.nodes"), ("post", "post.writes")):
        told = ask("explain", "shop.yaml", half)
        assert told.code == 2
        first = told.err.partition("write the whole name: ")[2].partition(",")[0]
        if half != "post":
            assert first == whole
        assert ask("explain", "shop.yaml", first).code == 0


@pytest.mark.parametrize("share", ["99.95%", "0.9995"])
def test_the_downtime_of_one_availability_is_shown(share: str, ask: Ask) -> None:
    [row] = ask("nines", share).rows("Downtime")
    assert [cell.strip() for cell in row] == ["99.95%", "4.38 h", "21.9 min", "5.04 min", "43.2 s"]


@pytest.mark.parametrize(("share", "instead"), [("99.95", "99.95%"), ("3", "99.9%"), ("2", "99%")])
def test_an_availability_without_percent_is_told_how_it_is_written(
    share: str, instead: str, ask: Ask
) -> None:
    told = ask("nines", share)
    assert told.code == 2
    assert f"write `estimator nines {instead}`" in told.err
    assert ask("nines", instead).code == 0


@pytest.mark.parametrize("name", slips.COMMANDS)
def test_other_names_of_commands_are_no_commands_and_lead_to_one(name: str) -> None:
    assert name not in COMMANDS
    assert slips.COMMANDS[name].split()[0] in COMMANDS


FEEDS = """\
users: 5M
actions: {read: {per_user: 20/day, response: 1 kB}}
components:
  cache: {kind: cache, receives: read}
  db: {kind: database, receives: cache.misses}
"""


@pytest.mark.parametrize(
    ("setting", "message", "help_"),
    [
        ("cache.hit_ratio=95", "`cache.hit_ratio` must be at most 100%", "did you mean `95%`?"),
        ("db.node=m7", "the catalog of machines has no `m7`", "`cheapest of m7g`"),
        ("db.node=m7g", "the catalog of machines has no `m7g`", "`cheapest of m7g`"),
        ("db.node=aws", "the catalog of machines has no `aws`", "`cheapest of aws`"),
        ("read.response=5 kb", "`5 kb` could be two things", "`kbit`"),
        ("read.growth=500 GB/month", "`read.growth` should be a rate", "`5%/month`"),
    ],
)
def test_a_setting_that_cannot_be_is_told_once_with_the_one_that_was_meant(
    setting: str, message: str, help_: str, ask: Ask
) -> None:
    told = ask("run", "-", "--set", setting, given=FEEDS)
    assert told.code == 2
    assert told.err.count("error[") == 1
    assert message in told.err
    assert help_ in told.err


REPORTS = """\
users: %s
actions: {report: {every: 10 s, payload: 120 B, retention: 1 day%s}}
components: {ingest: {kind: service, receives: report}}
"""


@pytest.mark.parametrize(
    ("users", "by", "line"),
    [
        ("2M", "", "`users: {registered: 2M, concurrent: 100%}`"),
        ("{riders: 9M, sensors: 2M}", ", by: sensors", "`sensors: {registered: 2M, concurrent:"),
    ],
)
def test_what_a_tenth_of_the_users_is_assumed_to_do_every_so_often_warns(
    users: str, by: str, line: str, ask: Ask
) -> None:
    told = ask("check", "-", given=REPORTS % (users, by))
    assert "only users who are online at once do `report`, an assumed 200k of 2M" in told.out
    assert line in told.out
    said = users.replace("2M", "{registered: 2M, concurrent: 100%}")
    assert "online at once" not in ask("check", "-", given=REPORTS % (said, by)).out


def test_a_text_of_a_formula_is_pointed_at_in_the_file() -> None:
    """The place is the slip itself, not the line."""
    problems = Problems()
    loaded = load_source(Source("s.yaml", "derive:\n  a: 3 + 1,5 kB\n"), Path(), "s")
    build(loaded, problems, overrides={"a": Text.of("--set", "3 GB + 1,5 kB")})
    [found] = problems.errors
    assert found.place is not None
    assert found.place.source.text[found.place.start : found.place.end] == "1,5"
