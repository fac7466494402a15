"""`Idempotency-Key`: a request that is sent again gets the first one's answer and has no second effect.

The record is written in the transaction of the effects themselves, so that a crash at any moment leaves
either both or neither. While the first request is under way an advisory lock marks its key, and no row has
to be cleaned up.
"""

import hashlib
import re
from collections.abc import Callable

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from tenants.api.errors import ApiError, InvalidParameterError
from tenants.callers import Caller
from tenants.models import IdempotencyRecord
from tenants.postgresql.locks import AdvisoryLock, try_lock
from tenants.scope import current_tenant_id

HEADER = "Idempotency-Key"
META_NAME = "HTTP_IDEMPOTENCY_KEY"
REPLAY_HEADER = "Idempotency-Replayed"
KEY_SHAPE = re.compile(r"[\x21-\x7e]{1,255}")
KEPT_STATUSES = range(200, 400)
# A view may set this attribute of its response: what is stored instead of content that must not lie in a table.
KEPT_INSTEAD = "kept_instead"


class KeyInProgressError(ApiError):
    """The first request with this key has not been answered yet."""

    status = 409
    code = "IDEMPOTENCY_IN_PROGRESS"


class KeyReusedError(ApiError):
    """The key was used for another request."""

    status = 422
    code = "IDEMPOTENCY_KEY_REUSED"


def answer_once(
    request: HttpRequest, caller: Caller, respond: Callable[[], HttpResponseBase]
) -> HttpResponseBase:
    """The stored answer of the request's key, or that of `respond`, which is then stored if it is a success.

    Needs an open tenant scope. Takes an advisory lock until the transaction ends. Raises KeyInProgressError,
    KeyReusedError, InvalidParameterError, and whatever `respond` raises: then nothing is stored or changed.
    """
    key, digest = _key_of(request), hash_request(request)
    with transaction.atomic():
        _lock(caller, key)
        record = IdempotencyRecord.objects.filter(caller=caller.subject, key=key).first()
        if record is not None:
            return _replay(record, digest)
        response = respond()
        _store(request, caller, key, digest, response)
    return response


def answer_once_outside(
    request: HttpRequest, caller: Caller, respond: Callable[[], HttpResponseBase]
) -> HttpResponseBase:
    """As `answer_once`, for what waits for a foreign server: no transaction is open meanwhile.

    So a crash in between leaves no record, and requests that come at the same time are each carried out.
    """
    key, digest = _key_of(request), hash_request(request)
    record = IdempotencyRecord.objects.filter(caller=caller.subject, key=key).first()
    if record is not None:
        return _replay(record, digest)
    response = respond()
    with transaction.atomic():
        _lock(caller, key)
        if not IdempotencyRecord.objects.filter(caller=caller.subject, key=key).exists():
            _store(request, caller, key, digest, response)
    return response


def _key_of(request: HttpRequest) -> str:
    key: str = request.META[META_NAME]
    if not KEY_SHAPE.fullmatch(key):
        raise InvalidParameterError(
            HEADER, f"{HEADER} must be 1 to 255 visible ASCII characters.", code="INVALID_IDEMPOTENCY_KEY"
        )
    return key


def _lock(caller: Caller, key: str) -> None:
    if not try_lock(AdvisoryLock.IDEMPOTENCY_KEY, f"{caller.subject}/{key}"):
        raise KeyInProgressError("A request with this key is under way; wait for its answer.")


def hash_request(request: HttpRequest) -> str:
    """SHA-256 over method, path with query, and body, in hexadecimal digits."""
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    digest.update(request.body)
    return digest.hexdigest()


def _replay(record: IdempotencyRecord, digest: str) -> HttpResponse:
    if record.request_hash != digest:
        raise KeyReusedError("This key was used for another request; take a new one for each.")
    return HttpResponse(
        bytes(record.response_body),
        status=record.response_status,
        content_type="application/json",
        headers={REPLAY_HEADER: "true"},
    )


def _store(request: HttpRequest, caller: Caller, key: str, digest: str, response: HttpResponseBase) -> None:
    if not isinstance(response, HttpResponse) or response.status_code not in KEPT_STATUSES:
        return
    IdempotencyRecord.objects.create(
        tenant_id=current_tenant_id(),
        caller=caller.subject,
        key=key,
        request_hash=digest,
        method=request.method or "",
        path=request.path,
        response_status=response.status_code,
        response_body=getattr(response, KEPT_INSTEAD, response.content),
    )
