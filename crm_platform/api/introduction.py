"""What stands above the description of the API: what a newcomer needs before the first call.

No Django in here: the settings read it.
"""

from typing import Final

INTRODUCTION: Final = """\
One view of each customer of a club, and what to do about it.

**Come in** with `Authorization: Bearer` and a token of the identity provider, or with `X-API-Key`. On a machine of
your own `manage.py issue_token` and `manage.py create_api_key` make them; `GET /api/v1/me` says what yours may do.

**Name the club** by `tenantId` in the query or `X-Tenant-Id` in the header (UUID, slug or alias); `GET
/api/v1/tenants` lists yours. Who has one club only may leave it out.

**Lists** answer `{"data", "meta"}` and go on by `cursor`, which is `meta.nextCursor` of the page before. Begin
without one, or with an empty one.

**Change safely**: `If-Match` with the `ETag` that you read refuses what somebody else has changed meanwhile (412),
and a call repeated with the same `Idempotency-Key` has no second effect.

**Refusals** are `{"error": {"code", "message", "requestId", "details"?}}`, with any status from 400 on; `code` is
one of `ErrorCode`.

**Limits** are told by `RateLimit-Policy` and `RateLimit`; 429 and 503 say by `Retry-After` when to come again.

**What may change**: only what breaks nothing. Take fields, codes and values that you do not know for news.

The same over GraphQL: `POST /graphql`. Events come in by `POST /api/v1/events` or BullMQ and go out by webhooks or
`GET /api/v1/stream`.
"""
