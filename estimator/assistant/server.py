"""A server of the Model Context Protocol: tools and pages for an assistant that sizes systems.

It reads files of one folder, writes nothing, and answers over standard input and output. Only this
module loads the SDK, which takes a second.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Annotated, Any, Concatenate, ParamSpec, cast

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.resources import TextResource
from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import Field, ValidationError

from estimator.assistant import answers
from estimator.assistant.answers import Answer
from estimator.assistant.folder import Folder
from estimator.assistant.pages import pages
from estimator.diagnostics import InputError, Problems, did_you_mean, refusal, short
from estimator.render.json import dumped
from estimator.scenario.load import Loaded
from estimator.version import __version__

LARGEST = 250_000
"""How many characters an answer may have."""

_READS = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
_INSTRUCTIONS = """\
Sizes systems: load, storage, servers, cost, latency and availability from a short YAML file, with
units. State no figure that is not in an answer, and say what it rests on: what the user gave, a
default with its source, or a formula. Read estimator://skill first; estimator://language has the
language, and estimator://examples/twitter is a whole scenario. `kinds` lists the kinds of
components."""

Given = ParamSpec("Given")

Scenario = Annotated[str, Field(description="The scenario as YAML. Or name a `file` instead.")]
File = Annotated[
    str, Field(description="A scenario's path in the folder of the server, such as a/shop.yaml.")
]
Variant = Annotated[str, Field(description="One of the `variants` of the file.")]
Overrides = Annotated[
    dict[str, str | bool | float],
    Field(description='Formulas that replace what the scenario says, such as {"users": "2M"}.'),
]
Names = Annotated[
    list[str],
    Field(description="Whole names of quantities, such as `servers` or `db.nodes.storage`."),
]
Patterns = Annotated[
    list[str],
    Field(
        description="Whole names of quantities, or patterns such as `db.*`; the headlines unless"
        " given. At most 200 are shown."
    ),
]


class Tools:
    """The tools, each a method whose docstring the assistant reads.

    Args:
        folder: The folder whose files may be read.
    """

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._lock = Lock()  # one estimate at a time: each may take all that one is allowed to

    def all(self) -> tuple[Callable[..., Answer], ...]:
        """Return the tools, as assistants list them."""
        first = (self.kinds, self.run, self.explain, self.check)
        return (*first, self.compare, self.solve, self.forecast)

    def kinds(
        self,
        kind: Annotated[str, Field(description="A kind to show in full, such as `database`.")] = "",
    ) -> Answer:
        """List the kinds of components, or show one: parameters, defaults, bands and sources."""
        return self._answer(lambda: answers.kinds(kind))

    def run(
        self,
        scenario: Scenario = "",
        file: File = "",
        variant: Variant = "",
        overrides: Overrides = {},  # noqa: B006 - it is only read
        show: Patterns = [],  # noqa: B006 - it is only read
    ) -> Answer:
        """Estimate a system: the answer in eight lines, quantities in base units, what was assumed.

        `origin` says where a quantity comes from: the file (`given`, `input`, `pinned`), a
        `default` of the library, a formula (`derived`, `own`), or another file (`used`). `p5`,
        `p50` and `p95` are of ranges, `default_bands` of what the defaults leave open, and
        `measure_first` has the inputs that matter most.
        """
        return self._of(scenario, file, answers.run, variant, overrides, show)

    def explain(
        self,
        names: Names,
        scenario: Scenario = "",
        file: File = "",
        depth: Annotated[int, Field(description="How many formulas deep to go, up to 10.")] = 1,
        variant: Variant = "",
        overrides: Overrides = {},  # noqa: B006 - it is only read
    ) -> Answer:
        """Explain how quantities come about: each formula with its values, and its source."""
        return self._of(scenario, file, answers.explained, names, depth, variant, overrides)

    def check(
        self,
        scenario: Scenario = "",
        file: File = "",
        variant: Variant = "",
        overrides: Overrides = {},  # noqa: B006 - it is only read
    ) -> Answer:
        """Check a scenario: what is wrong, by line, and whether it holds what it expects."""
        return self._of(scenario, file, answers.checked, variant, overrides)

    def compare(
        self,
        scenario: Scenario = "",
        file: File = "",
        variants: Annotated[
            list[str], Field(description="Which variants; all unless named. `base` is the file.")
        ] = [],  # noqa: B006 - it is only read
        overrides: Overrides = {},  # noqa: B006 - it is only read
    ) -> Answer:
        """Compare the variants of a scenario: what each comes to, gives up, and does not keep."""
        return self._of(scenario, file, answers.compared, variants, overrides)

    def solve(
        self,
        input: Annotated[str, Field(description="The input to change, such as `users`.")],
        until: Annotated[str, Field(description="The condition, such as `servers <= 100`.")],
        scenario: Scenario = "",
        file: File = "",
        variant: Variant = "",
        overrides: Overrides = {},  # noqa: B006 - it is only read
    ) -> Answer:
        """Find how far an input can go until a condition no longer holds."""
        return self._of(scenario, file, answers.solved, input, until, variant, overrides)

    def forecast(
        self,
        scenario: Scenario = "",
        file: File = "",
        months: Annotated[int, Field(description="How many months, up to 120.")] = 18,
        show: Names = [],  # noqa: B006 - it is only read
        variant: Variant = "",
        overrides: Overrides = {},  # noqa: B006 - it is only read
    ) -> Answer:
        """Forecast a system month by month, with the day on which each limit is passed."""
        return self._of(scenario, file, answers.forecasted, months, show, variant, overrides)

    def _of(
        self,
        scenario: str,
        file: str,
        make: Callable[Concatenate[Loaded, Given], Answer],
        *given: Given.args,
        **named: Given.kwargs,
    ) -> Answer:
        """Return an answer about a scenario, given as a text or by its file."""
        return self._answer(lambda: make(self._folder.scenario(scenario, file), *given, **named))

    def _answer(self, make: Callable[[], Answer]) -> Answer:
        """Return an answer for the protocol, which is an error where something is wrong."""
        is_wrong = False
        with self._lock:
            try:
                answer = make()
            except InputError as error:
                answer, is_wrong = answers.refused(error), True
        return cast(Answer, _result(answer, is_wrong=is_wrong))  # the annotation makes the schema


def _result(answer: Answer, *, is_wrong: bool) -> CallToolResult:
    """Return an answer as the protocol has it: as JSON in a text, and structured."""
    text = dumped(answer, indent=None)
    if len(text) > LARGEST:
        message = f"the answer has {len(text):,} characters, and {LARGEST:,} are the most"
        error = refusal("E034", message, help="ask for fewer names, or less deep")
        return _result(answers.refused(error), is_wrong=True)
    return CallToolResult(
        content=[TextContent(type="text", text=text)], structured_content=answer, is_error=is_wrong
    )


class StrictTool(Tool):
    """A tool that refuses arguments that it does not have, as it refuses a wrong scenario."""

    @staticmethod
    def of(answer: Callable[..., Answer]) -> StrictTool:
        """Return a method of `Tools` as a tool."""
        made = StrictTool.from_function(answer, annotations=_READS, structured_output=True)
        assert isinstance(made, StrictTool)
        taken = made.fn_metadata.arg_model
        taken.model_config["extra"] = "forbid"
        taken.model_rebuild(force=True)
        made.parameters = taken.model_json_schema(by_alias=True)
        return made

    async def run(
        self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False
    ) -> Any:
        """Run the tool, or return what is wrong with its arguments, as diagnostics."""
        try:
            return await super().run(arguments, context, convert_result)
        except ToolError as error:
            if not isinstance(error.__cause__, ValidationError):
                raise
            return _result(self._refused(error.__cause__), is_wrong=True)

    def _refused(self, error: ValidationError) -> Answer:
        problems = Problems()
        for wrong in error.errors(include_url=False, include_input=False):
            name = str(wrong["loc"][0]) if wrong["loc"] else ""
            known = self.parameters["properties"]
            if wrong["type"] == "extra_forbidden":
                message = f"`{self.name}` takes no `{short(name)}`"
                problems.add("E034", message, help=did_you_mean(name, known))
            else:
                help_ = known.get(name, {}).get("description")
                problems.add(
                    "E034", f"`{short(name)}` of `{self.name}`: {wrong['msg']}", help=help_
                )
        return answers.refused(InputError(problems.found))


def server(folder: Folder) -> MCPServer[Any]:
    """Return the server with its tools and pages.

    Args:
        folder: The folder whose files may be read.
    """
    tools = Tools(folder)
    made: MCPServer[Any] = MCPServer(
        "estimator",
        title="Estimator",
        description="Capacity estimates with units, from short YAML files.",
        instructions=_INSTRUCTIONS,
        version=__version__,
        log_level="ERROR",
        tools=[StrictTool.of(answer) for answer in tools.all()],
    )
    for name, page in pages().items():
        resource = TextResource(
            uri=f"estimator://{name}",
            name=name,
            description=page.about,
            mime_type=page.media,
            text=page.text,
        )
        made.add_resource(resource)
    return made
