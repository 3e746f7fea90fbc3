"""From a request to a job: task, parameters and webhook from the form or the query, pictures from the form or body."""

import hashlib
import re
import secrets
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import to_json
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import ImmutableMultiDict
from starlette.requests import Request

from gateway.access.principal import principal_of
from gateway.errors import BadParameter, FieldError
from gateway.jobs import webhook
from gateway.jobs.job import NewJob, Spec
from gateway.settings import Settings
from gateway.tasks import TASKS
from gateway.tasks.base import Parameters
from gateway.upload import FIELD, FORM_TYPE, files, opened_form, read_uploads

MAX_FIELDS = 100
KEY_HEADER = "idempotency-key"
VALID_KEY = re.compile(r"[\x21-\x7e]{1,255}")

Fields = list[tuple[str, str]]


async def read_job(request: Request, settings: Settings) -> NewJob:
    """Read everything and check what can be checked without Triton.

    Raises `BadParameter`, and what `upload.read_uploads` raises.
    """
    key = _key(request)
    fields, pictures = await _parts(request, settings.max_files)
    given = ImmutableMultiDict([*request.query_params.multi_items(), *fields])
    task = _task(given)
    hook = given.get("webhook")
    if hook is not None:
        hook = webhook.check(hook, configured=settings.webhook_secret is not None, insecure=settings.webhook_insecure)
    parameters = _parameters(TASKS[task].parameters, given).model_dump(exclude_none=True)
    owner = owner_of(request)
    spec = Spec(task=task, parameters=parameters, files=len(pictures), owner=owner, webhook=hook)
    return NewJob(
        id=secrets.token_hex(16),
        spec=spec,
        pictures=tuple(pictures),
        key=f"{owner}\n{key}" if key else None,  # everybody has keys of their own
        fingerprint=await run_in_threadpool(_fingerprint, spec, pictures) if key else "",
    )


def owner_of(request: Request) -> str | None:
    """Return who alone may see the jobs of this request, None while access control is off."""
    principal = principal_of(request.scope)
    return principal.name if principal else None


async def _parts(request: Request, max_files: int) -> tuple[Fields, list[bytes]]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
        return [], await read_uploads(request, max_files)
    async with opened_form(request, max_files, MAX_FIELDS) as form:
        fields = [(name, value) for name, value in form.multi_items() if isinstance(value, str) and name != FIELD]
        return fields, await files(form)


def _task(given: ImmutableMultiDict[str, str]) -> str:
    task = given.get("task", "")
    if task not in TASKS:
        raise BadParameter(fields=(FieldError("task", f"Input should be one of {', '.join(TASKS)}"),))
    return task


def _parameters(model: type[Parameters], given: ImmutableMultiDict[str, str]) -> Parameters:
    names = dict.fromkeys(name for name in given if name not in ("task", "webhook"))
    values = {name: given.getlist(name) if _takes_list(model, name) else given[name] for name in names}
    try:
        return model.model_validate(values)
    except ValidationError as error:
        fields = (FieldError(".".join(map(str, one["loc"])), one["msg"]) for one in error.errors())
        raise BadParameter(fields=tuple(fields)) from None


def _takes_list(model: type[BaseModel], name: str) -> bool:
    field = model.model_fields.get(name)
    return field is not None and any(get_origin(kind) is list for kind in _alternatives(field.annotation))


def _alternatives(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)


def _key(request: Request) -> str | None:
    key = request.headers.get(KEY_HEADER)
    if key is not None and not VALID_KEY.fullmatch(key):
        raise BadParameter(fields=(FieldError(KEY_HEADER, "must be 1 to 255 printable ASCII characters"),))
    return key


def _fingerprint(spec: Spec, pictures: list[bytes]) -> str:
    digests = [hashlib.sha256(picture).hexdigest() for picture in pictures]
    return hashlib.sha256(to_json([spec, digests])).hexdigest()
