"""Acts on posts that are out, over REST."""

from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID

from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from social import after_publishing, inputs
from social.api import schema
from social.api.views import PublishingView, key_of
from social.errors import PostNotFound
from social.models import Target
from social.representation import target_fields
from tenants.api.bodies import body_object
from tenants.api.views import ApiRequest
from tenants.models import Scope

Act = Callable[[UUID, UUID, str], Target]
# Name in the path → what is done; all of them but the first two go without words.
ACTS: Final[Mapping[str, Act]] = {
    "edit": lambda post, target, text: after_publishing.edit_there(post, target, text=text),
    "reply": lambda post, target, text: after_publishing.reply_there(post, target, text=text),
    "delete": lambda post, target, text: after_publishing.delete_there(post, target),
    "comment-again": lambda post, target, text: after_publishing.comment_again(post, target),
}
WITH_WORDS: Final = frozenset({"edit", "reply"})


class PublishedActView(PublishingView):
    """Change, delete or reply to a post on a network."""

    required_scopes = {"POST": Scope.SOCIAL}

    @extend_schema(
        operation_id="actOnPublishedPost",
        tags=schema.TAGS,
        summary="Change, delete or reply to a post that is out",
        parameters=[
            schema.POST_ID,
            OpenApiParameter("targetId", str, OpenApiParameter.PATH),
            OpenApiParameter("act", str, OpenApiParameter.PATH, enum=sorted(ACTS)),
        ],
        request=schema.WORDS,
        responses=schema.TARGET,
    )
    def post(self, request: ApiRequest, postId: str, targetId: str, act: str) -> HttpResponseBase:  # noqa: N803 - the names in the path
        """On one account. 409 where the network has no such act or refuses it; 502 where it gave no clear answer."""
        if act not in ACTS:
            raise PostNotFound
        body = body_object(request)
        required = ("text",) if act in WITH_WORDS else ()
        values = inputs.read(body, {"text": ("text", inputs.text)}, required=required)
        row = ACTS[act](key_of(postId, PostNotFound), key_of(targetId, PostNotFound), values.get("text", ""))
        return Response(target_fields(row))
