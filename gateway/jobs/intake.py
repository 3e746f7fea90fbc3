"""From a request to a job: task, parameters and webhook from the form or the query, pictures from the form or body."""

import hashlib
import re
import secrets

from pydantic_core import to_json
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from gateway.access.principal import principal_of
from gateway.errors import BadParameter, FieldError
from gateway.jobs import webhook
from gateway.jobs.job import NewJob, Spec
from gateway.settings import Settings
from gateway.tasks import TASKS
from gateway.tasks.reading import Given, read
from gateway.upload import FIELD, is_form, read_form, read_uploads

MAX_FIELDS = 100
GENERAL = ("task", "webhook")  # of a job, whatever its task is
KEY_HEADER = "idempotency-key"
VALID_KEY = re.compile(r"[\x21-\x7e]{1,255}")

Fields = list[tuple[str, str]]


async def read_job(request: Request, settings: Settings) -> NewJob:
    """Read everything and check what can be checked without Triton.

    Raises `BadParameter`, and what `upload.read_uploads` raises.
    """
    key = _key(request)
    fields, pictures = await _parts(request, settings.max_files)
    given = Given([*request.query_params.multi_items(), *fields])
    task = _task(given)
    hook = given.get("webhook")
    if hook is not None:
        hook = webhook.check(hook, configured=settings.webhook_secret is not None, insecure=settings.webhook_insecure)
    own = Given([(name, value) for name, value in given.multi_items() if name not in GENERAL])
    parameters = read(TASKS[task].parameters, own).model_dump(exclude_none=True)
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
    if not is_form(request):
        return [], await read_uploads(request, max_files)
    form = await read_form(request, max_files, MAX_FIELDS)
    return [(name, value) for name, value in form.texts if name != FIELD], form.pictures()


def _task(given: Given) -> str:
    task = given.get("task", "")
    if task not in TASKS:
        raise BadParameter(fields=(FieldError("task", f"Input should be one of {', '.join(TASKS)}"),))
    return task


def _key(request: Request) -> str | None:
    key = request.headers.get(KEY_HEADER)
    if key is not None and not VALID_KEY.fullmatch(key):
        raise BadParameter(fields=(FieldError(KEY_HEADER, "must be 1 to 255 printable ASCII characters"),))
    return key


def _fingerprint(spec: Spec, pictures: list[bytes]) -> str:
    digests = [hashlib.sha256(picture).hexdigest() for picture in pictures]
    return hashlib.sha256(to_json([spec, digests])).hexdigest()
