"""The parts of which the models of files are made, for pydantic. Scalars stay texts with places."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from estimator.diagnostics import Text


def _scalar(value: Any) -> Any:
    if isinstance(value, Text):
        return value
    what = "a list" if isinstance(value, list) else "a mapping"
    raise PydanticCustomError("shape", "a single value belongs here, not {what}", {"what": what})


def mapping(value: Any) -> Any:
    """Return a mapping as it is; refuse anything else."""
    if isinstance(value, dict):
        return value
    if isinstance(value, Text) and not value.value:
        raise PydanticCustomError("shape", "this key has no value", {})
    what = "a list" if isinstance(value, list) else "a single value"
    raise PydanticCustomError("shape", "`key: value` lines belong here, not {what}", {"what": what})


def items(value: Any) -> Any:
    """Return a list as it is, a single value as a list of one; refuse anything else."""
    if isinstance(value, list):
        return value
    if isinstance(value, Text) and value.value:
        return [value]
    what = "a mapping" if isinstance(value, dict) else "nothing"
    raise PydanticCustomError("shape", "a list belongs here, not {what}", {"what": what})


def scalar_or_mapping(value: Any) -> Any:
    """Return a single value or a mapping as it is; refuse anything else."""
    if isinstance(value, dict | Text) and (isinstance(value, dict) or value.value):
        return value
    if not isinstance(value, list):
        raise PydanticCustomError("shape", "this key has no value", {})
    what = "a list"
    raise PydanticCustomError(
        "shape", "a value or `key: value` lines belong here, not {what}", {"what": what}
    )


Single: TypeAlias = Annotated[Text, BeforeValidator(_scalar)]
Fields: TypeAlias = Annotated[dict[str, Any], BeforeValidator(mapping)]
Sections: TypeAlias = Annotated[
    dict[str, Annotated[dict[str, Any], BeforeValidator(mapping)]], BeforeValidator(mapping)
]
Formulas: TypeAlias = Annotated[
    dict[str, Annotated[Text, BeforeValidator(_scalar)]], BeforeValidator(mapping)
]


class Shape(BaseModel):
    """A part of a file: it has no keys but those named, and is never changed."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, arbitrary_types_allowed=True, defer_build=True
    )


def model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model inside of an annotation such as `list[Model] | None`, or None."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        found = model_in(part)
        if found is not None:
            return found
    return None
