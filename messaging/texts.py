"""What is said, kept once: the same content is the same row, and never changes."""

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import orjson
from django.db import connection

from messaging.models import Message, SendChannel
from messaging.rendering import check_text
from tenants.scope import current_tenant_id

KEEP = """
INSERT INTO messaging_message (
    id, tenant_id, channel, name, template_id, subject, body, html, utm, fingerprint, profile_id)
VALUES (%(id)s, %(tenant)s, %(channel)s, %(name)s, %(template_id)s, %(subject)s, %(body)s, %(html)s, %(utm)s,
        %(fingerprint)s, %(profile_id)s)
ON CONFLICT ON CONSTRAINT messaging_message_content_uq DO NOTHING
"""


def keep_message(
    *,
    channel: str,
    name: str = "",
    template_id: str = "",
    subject: str = "",
    body: str = "",
    html: str = "",
    utm: Mapping[str, str] | None = None,
    profile_id: UUID | None = None,
) -> Message:
    """The message of this content, made where it is new.

    `utm`: parameters added to links (`{"utm_campaign": "open-day"}`). `profile_id`: a letter to one person, erased with
    them. Raises TemplateProblem where the Liquid cannot be read, ValueError where nothing is said.
    """
    if not (template_id or body or html):
        raise ValueError("A message needs a template or a text.")
    for part, text in (("subject", subject), ("body", body), ("html", html)):
        check_text(text, part=part)
    content: dict[str, Any] = {
        "channel": SendChannel(channel).value,
        "name": name,
        "template_id": template_id,
        "subject": subject,
        "body": body,
        "html": html,
        "utm": orjson.dumps(dict(utm or {}), option=orjson.OPT_SORT_KEYS).decode(),
        "profile_id": profile_id,
    }
    fingerprint = hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
    tenant_id = current_tenant_id()
    with connection.cursor() as cursor:
        cursor.execute(KEEP, content | {"id": uuid4(), "tenant": tenant_id, "fingerprint": fingerprint})
    kept: Message = Message.objects.get(tenant_id=tenant_id, fingerprint=fingerprint)
    return kept
