"""Parameters as clients write them in addresses and forms: every value is a text, a list is its name repeated."""

from collections.abc import Mapping
from functools import cache
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from starlette.datastructures import ImmutableMultiDict

from gateway.errors import BadParameter, FieldError

ModelT = TypeVar("ModelT", bound=BaseModel)
Given = ImmutableMultiDict[str, str]


def read(model: type[ModelT], given: Given) -> ModelT:
    """Return the parameters; raises `BadParameter`, which names every field that is wrong."""
    return validated(model, values(model, given))


def values(model: type[BaseModel], given: Given) -> dict[str, Any]:
    """Return what is given by its names: all of it where `model` takes a list, elsewhere the last."""
    lists = _lists(model)
    return {name: given.getlist(name) if name in lists else given[name] for name in given}


def validated(model: type[ModelT], given: Mapping[str, Any], *, strict: bool = False) -> ModelT:
    """Return a `model` of what is given; raises `BadParameter`, which names every field that is wrong."""
    try:
        return model.model_validate(given, strict=strict)
    except ValidationError as error:
        fields = (FieldError(".".join(map(str, one["loc"])), one["msg"]) for one in error.errors())
        raise BadParameter(fields=tuple(fields)) from None


@cache
def _lists(model: type[BaseModel]) -> frozenset[str]:
    return frozenset(name for name, field in model.model_fields.items() if _takes_list(field.annotation))


def _takes_list(annotation: Any) -> bool:
    kinds = get_args(annotation) if NoneType in get_args(annotation) else (annotation,)
    return any(get_origin(kind) is list for kind in kinds)
