"""Language models: memory, the work of both phases, their queues, and what was measured."""

from __future__ import annotations

import math
import re
from collections import deque
from pathlib import Path
from random import Random

import pytest
from asking import ROOT, Ask
from test_kinds import values, warnings_of

from estimator.formula.functions.queueing import queue_wait, queue_wait_sd, response_nodes
from estimator.formula.gamma import gamma_quantile

MODEL = """\
traffic: {{peak_to_average: 1}}
actions: {{ask: {{rate: {rate}, request: 1 kB, response: 1 kB, stored: 0 B}}}}
components: {{m: {{kind: llm, {said}}}}}
"""


def model(said: str, rate: str = "1/s", **more: str) -> dict[str, float]:
    """Return the values of a scenario with one model, without the name of the component."""
    text = MODEL.format(said=said, rate=rate)
    found = values(text, **{f"m__{name}": value for name, value in more.items()})
    return {name.removeprefix("m."): value for name, value in found.items()}


# --- memory ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("node", "gigabytes"), [("H100", 85.9), ("A100", 85.9), ("H200", 151.4), ("B200", 192.3)]
)
def test_memory_is_what_a_driver_reports(node: str, gigabytes: float) -> None:
    assert model(f"node: {node}")["node.memory"] / 1e9 == pytest.approx(gigabytes, abs=0.05)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("llama-2-13b", 2 * 40 * 40 * 128 * 2),
        ("llama-3-8b", 131_072),  # Bekman, ML Engineering: 0.131 MB
        ("llama-3-70b", 327_680),
        ("deepseek-v3", 70_272),  # DeepSeek-V3 Technical Report: 512 + 64 numbers in 61 layers
        ("gpt-oss-120b", 2 * 36 * 8 * 64 * 2),
    ],
)
def test_a_token_keeps_what_the_model_card_says(name: str, kept: float) -> None:
    assert model(f"model: {name}, precision: fp4, most_per_copy: 16")["kv_per_token"] == kept


def test_heads_are_copied_where_a_copy_has_more_accelerators_than_heads() -> None:
    four, eight = (
        model(f"model: qwen-3-235b-a22b, precision: fp8, accelerators_per_copy: {n}, batch: 64")
        for n in (4, 8)
    )
    assert (four["kv_copies"], eight["kv_copies"]) == (1, 2)
    faster = eight["bandwidth_efficiency"] / four["bandwidth_efficiency"]
    assert eight["kv_time"] * faster == pytest.approx(four["kv_time"])  # twice as much to read


def test_latent_attention_is_not_copied() -> None:
    found = model("model: deepseek-v3, precision: fp8, node: H200, accelerators_per_copy: 16")
    assert found["kv_copies"] == 1


def test_a_size_alone_gives_a_model_of_that_size() -> None:
    small, large = model("parameters: 8B"), model("parameters: 405B, precision: fp8")
    assert small["layers"] == pytest.approx(32, rel=0.35)
    assert large["layers"] == pytest.approx(126, rel=0.1)
    assert large["heads"] == pytest.approx(128, rel=0.1)
    assert model("parameters: 70B") == model("model: llama-3-70b")


DEEPSEEK = (
    "node: H200, precision: fp8, parameters: 671B, active_parameters: 37B, layers: 61,"
    " prompt_tokens: 4000, output_tokens: 1000, kv_heads: 128"
)


def test_attention_heads_that_are_given_as_those_of_keys_are_warned_of() -> None:
    wrong = MODEL.format(said=DEEPSEEK, rate="20/s")
    [message] = warnings_of(wrong)
    assert "`kv_heads` may be the number of its attention heads" in message
    right = MODEL.format(said=f"{DEEPSEEK}, latent_size: 576", rate="20/s")
    assert warnings_of(right) == []
    assert values(right)["m.nodes"] < values(wrong)["m.nodes"] / 4


# --- prompts --------------------------------------------------------------------------------------


def test_a_long_prompt_takes_more_for_attention_than_for_the_parameters() -> None:
    said = "model: llama-3-70b, accelerators_per_copy: 8, prompt_tokens: 128000"
    assert model(said)["prefill_time"] == pytest.approx(12.4, abs=0.05)
    found = model(f"{said}, flops_utilization: 40%")
    assert found["prefill_time"] == pytest.approx(12.45, abs=0.01)
    assert found["prefill_time"] - found["attention_time"] == pytest.approx(5.662, abs=0.001)


def test_a_cached_beginning_is_still_looked_at() -> None:
    said = "model: llama-3-70b, accelerators_per_copy: 8, prompt_tokens: 100000"
    whole, half = model(said), model(f"{said}, cached_prompt: 50%")
    linear = whole["prefill_time"] - whole["attention_time"]
    assert half["attention_time"] == pytest.approx(0.75 * whole["attention_time"])
    assert half["prefill_time"] == pytest.approx(0.5 * linear + 0.75 * whole["attention_time"])


@pytest.mark.parametrize(
    ("node", "precision", "faster"),
    [
        ("H100", "fp8", 1979 / 989),
        ("H100", "int4", 1.0),  # expanded to bf16
        ("H100", "fp4", 1.0),
        ("A100", "int8", 2.0),
        ("A100", "fp8", 1.0),
        ("B200", "fp4", 4.0 * 0.6),  # of which its products reach less
    ],
)
def test_a_prompt_is_read_at_the_flops_of_its_precision(
    node: str, precision: str, faster: float
) -> None:
    said = f"node: {node}, accelerators_per_copy: 8, attention_time: 0 s"
    bf16, other = model(said), model(f"{said}, precision: {precision}")
    assert bf16["prefill_time"] / other["prefill_time"] == pytest.approx(faster)


def test_one_byte_for_a_parameter_is_computed_in_eight_bits() -> None:
    said = "accelerators_per_copy: 8"
    given, named = model(f"{said}, bytes_per_parameter: 1 B"), model(f"{said}, precision: fp8")
    assert given["step_time"] == named["step_time"]


# --- answers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("answers", [1, 16, 64])
def test_answers_in_int4_wait_for_memory(answers: int) -> None:
    said = f"bytes_per_parameter: 0.5 B, accelerators_per_copy: 2, batch: {answers}"
    said += ", bandwidth_utilization: 60%"
    found = model(f"{said}, prompt_tokens: 1000, output_tokens: 300")
    read = 35e9 + answers * 327_680 * (1000 + 300 / 2)
    assert found["step_time"] == pytest.approx(read / (2 * 3.35e12 * 0.6))


def test_a_step_of_answers_in_int4_takes_what_memory_or_flops_take_and_not_the_sum() -> None:
    """54 answers of 1,000 tokens on one H100: the roofline says 19.7 ms.

    At 40% of the FLOPS, as for prompts, with the keys and values added, 60% of the bandwidth and
    half a byte for a parameter, it was 28 ms.
    """
    said = "bytes_per_parameter: 0.5 B, accelerators_per_copy: 1, batch: 54"
    found = model(f"{said}, prompt_tokens: 850, output_tokens: 300, bandwidth_utilization: 80%")
    assert found["mean_context"] == 1000
    assert found["step_time"] == pytest.approx(19.7e-3, abs=0.05e-3)
    summed = 54 * (2 * 70e9 / (989e12 * 0.4) + 327_680 * 1000 / (3.35e12 * 0.6))
    assert summed == pytest.approx(28e-3, abs=0.5e-3)


def test_a_step_reads_the_context_in_the_middle_of_an_answer() -> None:
    found = model("accelerators_per_copy: 4, prompt_tokens: 500, output_tokens: 1000")
    assert found["mean_context"] == 1000
    assert found["kv_per_sequence"] == 1500 * found["kv_per_token"]


@pytest.mark.parametrize("answers", [1, 2, 8, 64, 256])
def test_a_step_reads_the_experts_that_some_token_is_sent_to(answers: int) -> None:
    said = "model: deepseek-v3, node: H200, precision: fp8, accelerators_per_copy: 8"
    reached = 256 * (1 - (1 - 8 / 256) ** answers)
    expected = 37e9 + (671e9 - 37e9) * (reached - 8) / (256 - 8)
    assert model(f"{said}, batch: {answers}")["weights_read"] == pytest.approx(expected)


def test_experts_that_nobody_counts_are_read_by_the_share_that_is_active() -> None:
    said = "parameters: 100B, active_parameters: 10B, precision: fp8, accelerators_per_copy: 2"
    assert model(f"{said}, batch: 1")["weights_read"] == pytest.approx(10e9)
    assert model(f"{said}, batch: 2")["weights_read"] == pytest.approx(19e9)
    assert model("precision: fp8, accelerators_per_copy: 2, batch: 1")["weights_read"] == 70e9


@pytest.mark.parametrize("said", ["model: llama-3-70b", "model: deepseek-v3, node: H200"])
@pytest.mark.parametrize("rate", ["15/s", "30/s", "45/s"])
@pytest.mark.parametrize("scheduling", ["chunked", "separate"])
def test_a_batch_is_written_as_fast_as_is_asked(said: str, rate: str, scheduling: str) -> None:
    found = model(f"{said}, precision: fp8, token_rate: {rate}, scheduling: {scheduling}")
    assert found["batch"] > 1
    assert found["stream_rate"] >= float(rate[:-2])
    assert found["output_token_time"] <= found["full_token_time"]
    assert found["output_token_time"] <= found["output_token_time.p99"]


def test_prompts_that_are_read_in_between_slow_answers() -> None:
    said = "precision: fp8, token_rate: 50/s, prompt_tokens: 3000, accelerators_per_copy: 8"
    chunked, separate = (model(f"{said}, scheduling: {s}") for s in ("chunked", "separate"))
    assert chunked["batch"] < separate["batch"]
    added = chunked["batch"] * chunked["mean_prefill_time"] / 300
    assert chunked["full_token_time"] - chunked["step_time"] == pytest.approx(added)
    assert separate["full_token_time"] == separate["step_time"]


@pytest.mark.parametrize("scheduling", ["chunked", "separate"])
def test_accelerators_are_busy_with_prompts_and_answers(scheduling: str) -> None:
    found = model(f"precision: fp8, scheduling: {scheduling}", rate="100/s")
    work = found["prefill_accelerators"] + found["decode_accelerators"]
    assert found["demand.accelerator"] == pytest.approx(work)
    copies = 100 * 300 * found["full_token_time"] / found["batch"]
    if scheduling == "chunked":  # the prompts of the answers are part of their time
        assert work == pytest.approx(copies * found["accelerators_per_copy"])


# --- waiting --------------------------------------------------------------------------------------


@pytest.mark.parametrize("variation", [0.0, 0.96, 2.0])
def test_prompts_wait_by_pollaczek_and_khinchine(variation: float) -> None:
    found = model(f"precision: fp8, prompt_variation: {variation}, attention_time: 0 s", "200/s")
    busy, service = found["busy"], found["prefill_time"]
    wait = busy / (1 - busy) * service * (1 + variation**2) / 2
    assert 0.4 < busy < 0.6001
    assert found["prefill_wait"] == pytest.approx(wait)


def test_the_first_token_comes_before_the_answer_and_later_at_its_percentiles() -> None:
    found = model("precision: fp8", "200/s")
    first, answer = "first_token_time", "answer_time"
    for time in (first, answer):
        assert found[f"{time}.p50"] < found[time] < found[f"{time}.p99"]
    whole = found[first] + 299 * found["output_token_time"]
    assert found[answer] == pytest.approx(whole)


def test_a_model_that_only_reads_writes_no_tokens() -> None:
    found = model("model: bert-base, prompt_tokens: 512, output_tokens: 0", "100/s")
    assert found["output_token_time"] == found["output_token_time.p99"] == 0
    assert found["decode_accelerators"] == found["streams"] == 0
    assert found["answer_time"] == found["first_token_time"]
    assert found["first_token_time"] == pytest.approx(
        found["prefill_wait"] + found["mean_prefill_time"]
    )


@pytest.mark.parametrize("load", [0.3, 8.0, 700.0])
def test_with_exponential_service_times_a_response_is_exponential(load: float) -> None:
    # M/M/1: e^-((1 - load / nodes) * target / service)
    target = 10.0
    exact = math.ceil(load / (1 - math.log(100) / target))
    assert response_nodes(load, 0.0, 1.0, 1.0, target, 0.01) == max(exact, 1)


@pytest.mark.parametrize("variation", [0.0, 0.5, 1.5])
@pytest.mark.parametrize("background", [0.0, 0.5])
def test_one_node_less_answers_too_late(variation: float, background: float) -> None:
    def late(nodes: float, load: float = 40.0) -> float:
        work = 1 / (1 - background * load / nodes)
        wait = queue_wait(1, load / nodes, 1, variation)
        sd = math.hypot(queue_wait_sd(1, load / nodes, 1, variation), work * variation)
        return gamma_quantile(0.99, wait + work, sd)

    nodes = response_nodes(40.0, background * 40.0, 1.0, variation, 12.0, 0.01)
    assert late(nodes) <= 12.0 * (1 + 1e-9)
    assert nodes == 41 or late(nodes - 1) > 12.0


@pytest.mark.parametrize("scheduling", ["chunked", "separate"])
def test_accelerators_are_planned_for_the_first_token_and_for_the_next(scheduling: str) -> None:
    said = f"precision: fp8, scheduling: {scheduling}, first_token_target: 400 ms, token_rate: 30/s"
    found = model(said, "3000/s")
    assert found["first_token_time.p99"] + found["network_time"] <= 0.4 * 1.0001
    assert found["stream_rate"] >= 30
    fewer = found["nodes"] - found["accelerators_per_copy"]
    late = model(said, "3000/s", nodes=str(fewer))
    assert late["first_token_time.p99"] + late["network_time"] > 0.4 or late["utilization"] > 1
    looser = model(said.replace("400 ms", "2 s"), "3000/s", accelerators_per_copy="8")
    assert looser["nodes"] < model(said, "3000/s", accelerators_per_copy="8")["nodes"]


def test_accelerators_that_idle_for_the_longest_prompts_are_warned_of() -> None:
    said = "precision: fp8, prompt_tokens: 6000, first_token_target: 800 ms"
    [message] = warnings_of(MODEL.format(said=said, rate="100/s"))
    assert "most accelerators are idle" in message
    assert warnings_of(MODEL.format(said=f"{said}, prompt_variation: 0.1", rate="100/s")) == []


def test_a_target_below_the_time_of_a_prompt_is_told_with_what_to_change(ask: Ask) -> None:
    text = MODEL.format(said="first_token_target: 50 ms, prompt_tokens: 8000", rate="1/s")
    [message] = warnings_of(text)
    assert "prompts take longer by themselves than `first_token_target` leaves them" in message
    assert (
        "raise `accelerators_per_copy` or `first_token_target`" in ask("run", "-", given=text).err
    )


def simulated(values: dict[str, float], rate: float, prompt: float, answer: float) -> list[float]:
    """Return the mean times to the first token and per output token, and their p99, of one copy.

    Each step writes a token of each answer, and reads up to 2,048 tokens of prompts in their order.
    """
    random = Random(1)
    coming, at = deque[list[float]](), 0.0
    for _ in range(6000):
        at += random.expovariate(rate)
        length = max(1, round(random.gammavariate(1 / 0.64, answer * 0.64)))
        coming.append([at, random.expovariate(1 / prompt), length])
    now, writing, first, each = 0.0, list[list[float]](), list[float](), list[float]()
    while coming or writing:
        if not writing:
            now = max(now, coming[0][0])
        room, read = 2048.0, list[list[float]]()
        while coming and coming[0][0] <= now and room > 0:
            taken = min(room, coming[0][1])
            coming[0][1] -= taken
            room -= taken
            if coming[0][1] <= 0:
                read.append(coming.popleft())
        step = max(values["weights_time"], len(writing) * values["token_time"])
        now += step + len(writing) * values["kv_time"]
        now += (2048 - room) / prompt * values["prefill_time"]
        for one in writing:
            one[1] -= 1
        each += [(now - start) / length for start, left, length in writing if left == 0]
        writing = [one for one in writing if one[1] > 0]
        first += [now - came for came, _, _ in read]
        writing += [[now, length, length] for _, _, length in read]
    means = [sum(times) / len(times) for times in (first, each)]
    return means + [sorted(times)[int(0.99 * len(times))] for times in (first, each)]


@pytest.mark.parametrize(
    ("prompt", "answer", "rate"),
    [
        (1000, 300, 8.0),
        *(
            pytest.param(*case, marks=pytest.mark.slow)
            for case in ((4000, 300, 2.0), (300, 900, 8))
        ),
    ],
)
def test_the_times_of_a_copy_are_those_of_a_simulation(
    prompt: int, answer: int, rate: float
) -> None:
    said = f"precision: fp8, prompt_tokens: {prompt}, output_tokens: {answer}, nodes: 4, minimum: 4"
    found = model(f"{said}, accelerators_per_copy: 4, attention_time: 0 s", f"{rate}/s")
    first, token, first_p99, token_p99 = simulated(found, rate, prompt, answer)
    assert 0.4 < found["busy"] < 0.7
    assert found["output_token_time"] == pytest.approx(token, rel=0.1)
    assert found["output_token_time.p99"] == pytest.approx(token_p99, rel=0.35)
    # not early: prompts are taken to wait for all answers
    assert first <= found["first_token_time"] <= 2.5 * first
    assert first_p99 <= found["first_token_time.p99"] <= 2.5 * first_p99


# --- what is shown --------------------------------------------------------------------------------


def test_a_latency_says_that_it_ends_with_the_first_token(ask: Ask) -> None:
    text = MODEL.format(said="precision: fp8", rate="10/s")
    shown = ask("run", "-", "--show", "summary,latency,sizes", given=text).out
    assert re.search(r"Latency +p99 at least \S+ ms to the first token, no objective", shown)
    assert "ask: to the first token; the rest comes later" in shown
    assert "p99 of ask: to the first token" in ask("run", "-", given=text).out
    for name in ("first_token_time.p99", "output_token_time.p99", "answer_time.p99"):
        assert name in shown


def test_a_latency_to_the_end_of_the_answer_is_that(ask: Ask) -> None:
    text = MODEL.format(said="precision: fp8, latency_until: whole_answer", rate="10/s")
    found = values(text)
    assert "to the first token" not in ask("run", "-", "--show", "summary,latency", given=text).out
    whole = found["m.answer_time"] + found["m.network_time"]
    assert found["ask.latency.mean"] == pytest.approx(whole)
    assert found["ask.latency.p99"] == pytest.approx(found["m.answer_time.p99"], rel=0.01)


def test_a_model_is_named_and_not_chosen_by_its_price(ask: Ask) -> None:
    answer = ask("run", "-", given=MODEL.format(said="model: cheapest", rate="1/s"))
    assert answer.code == 2
    assert "the catalog of models has no `cheapest`" in answer.err
    answer = ask("run", "-", given=MODEL.format(said="model: llama-3-7b", rate="1/s"))
    assert "did you mean `llama-" in answer.err


def test_the_page_on_models_has_what_each_change_gives() -> None:
    page = (ROOT / "docs" / "questions" / "llm.md").read_text("utf-8")
    found = re.search(r"```yaml\n(.*?)```", page, re.DOTALL)
    rows = re.findall(r"^\| (?:as above|`(\w+): (\S+)`) \| (\d+) \|", page, re.MULTILINE)
    assert found is not None
    assert len(rows) > 5
    for name, value, nodes in rows:
        said = {f"llm__{name}": value} if name else {}
        assert values(found[1], **said)["llm.nodes"] == int(nodes), name


# --- what was measured ----------------------------------------------------------------------------

MEASURED = sorted((ROOT / "tests" / "validation").glob("llm-*.yaml"))
MEASURED += sorted((ROOT / "tests" / "validation").glob("image-*.yaml"))


@pytest.mark.parametrize("file", MEASURED, ids=lambda f: f.stem)
def test_what_was_measured_is_estimated_within_a_factor_of_two_or_says_why(
    file: Path, ask: Ask
) -> None:
    text = file.read_text("utf-8")
    figures = re.findall(r"^# measured: (\S+) = (.+)$", text, re.MULTILINE)
    assert figures
    near = [f"{name} <= 2 * {value}, {name} >= {value} / 2" for name, value in figures]
    answer = ask("check", "-", given=f"{text}expect: [{', '.join(near)}]\n")
    assert answer.code == 0 or "\n# why: " in text, answer.out + answer.err


# NVIDIA, TensorRT-LLM 1.0, performance overview (00f3768, September 2025): tokens a second of all
# answers where all requests come at once, by tokens in and out
LENGTHS = (
    (128, 128), (128, 2048), (128, 4096), (500, 2000), (1000, 1000),
    (1000, 2000), (2048, 128), (2048, 2048), (5000, 500), (20000, 2000),
)  # fmt: skip
THROUGHPUT: dict[tuple[str, str, int, str], tuple[int, ...]] = {
    ("llama-3-8b", "H100", 1, "fp8"): (
        28312, 22714, 14325, 17660, 15220, 13899, 3450, 9305, 3459, 1351),
    ("llama-3-8b", "H200", 1, "fp8"): (
        27911, 26221, 18027, 20770, 17744, 16828, 3538, 12194, 3902, 1804),
    ("llama-3-70b", "H100", 2, "fp8"): (
        6378, 6651, 4199, 5222, 4205, 4146, 762, 3082, 898, 437),
    ("llama-3-70b", "H200", 1, "fp8"): (
        3803, 4336, 2872, 3666, 2909, 2994, 442, 2003, 566, 283),
    ("llama-3-70b", "B200", 1, "fp4"): (
        11147, 9922, 6831, 7762, 7007, 6271, 1339, 4783, 1459, 665),
    ("llama-3-405b", "H100", 8, "fp8"): (
        3627, 4340, 3116, 3994, 2919, 2895, 453, 2296, 610, 345),
    ("llama-3-405b", "H200", 8, "fp8"): (
        3814, 5348, 4741, 4724, 3330, 3722, 456, 2948, 650, 505),
    ("llama-3-405b", "B200", 4, "fp4"): (
        6281, 8020, 6345, 6244, 5209, 4933, 749, 4212, 1048, 672),
    ("qwen-3-30b-a3b", "B200", 1, "fp4"): (
        39827, 37844, 24953, 27817, 25828, 22051, 6251, 17554, 6142, 2944),
    ("qwen-3-235b-a22b", "H100", 8, "fp8"): (
        0, 19658, 12447, 18351, 14898, 15136, 0, 9924, 3225, 0),
    ("qwen-3-235b-a22b", "H200", 8, "fp8"): (
        30429, 42821, 26852, 28026, 23789, 22061, 3331, 16672, 3623, 1876),
    ("qwen-3-235b-a22b", "B200", 8, "fp4"): (
        63362, 66057, 39496, 57117, 42391, 34105, 7329, 26854, 8190, 4453),
    ("llama-4-scout", "H200", 4, "fp8"): (
        30354, 34316, 21332, 24630, 21636, 18499, 3699, 14949, 4605, 2105),
    ("llama-4-scout", "B200", 1, "fp4"): (
        25342, 14699, 8932, 11977, 10591, 9356, 3137, 7152, 2937, 1644),
    ("llama-4-maverick", "B200", 8, "fp4"): (
        124323, 112676, 68170, 0, 79617, 63766, 18088, 52195, 0, 12678),
}  # fmt: skip


@pytest.mark.slow
def test_nearly_all_of_many_benchmarks_are_estimated_within_a_factor_of_two() -> None:
    ratios: dict[str, list[float]] = {"fp8": [], "fp4": []}
    for (name, node, number, precision), row in THROUGHPUT.items():
        for (prompt, answer), tokens in zip(LENGTHS, row, strict=True):
            if not tokens:
                continue  # not in the table
            said = (
                f"model: {name}, node: {node}, precision: {precision}, bytes_per_kv: 1 B,"
                f" accelerators_per_copy: {number}, prompt_tokens: {prompt}, prompt_variation: 0,"
                f" output_tokens: {answer}, token_rate: 1/s, max_batch: 2048, memory_limit: 95%"
            )
            found = model(said, f"{tokens}/s / {answer}")
            ratios[precision].append(found["demand.accelerator"] / number)
    assert all(0.5 < ratio < 1.3 for ratio in ratios["fp8"])
    together = [ratio for several in ratios.values() for ratio in several]
    assert len(together) == 145
    assert sum(0.5 < ratio < 2 for ratio in together) >= 0.97 * len(together)
