"""Social publishing over REST: accounts, posts, files, numbers."""

import base64
import binascii
from datetime import timedelta
from io import BytesIO
from typing import Any, Final
from uuid import UUID

from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from social import connecting, inputs, posts
from social.api import schema
from social.conversions import conversions
from social.errors import ConnectionNotFound, MediaNotFound, PostNotFound
from social.library.keeping import add_media, delete_media
from social.measuring import measure_post, social_analytics
from social.models import Attempt, Media, Network, PostStatus
from social.representation import attempt_fields, connection_fields, media_fields, post_fields
from tenants.api.bodies import body_object
from tenants.api.errors import InvalidParameterError
from tenants.api.listing import ListView
from tenants.api.throttling import READ
from tenants.api.views import SAFE_METHODS, ApiRequest, TenantApiView
from tenants.errors import InvalidError
from tenants.models import Scope

PUBLISH: Final = "publish"
MOST_BASE64: Final = 7 * 1024 * 1024


def key_of(text: str, missing: type[Exception]) -> UUID:
    """The id in a path; what is no UUID names nothing."""
    try:
        return UUID(text)
    except ValueError:
        raise missing from None


class PublishingView(TenantApiView):
    """A view whose unsafe calls count against the limit of publishing."""

    def rate_class(self, method: str) -> str | None:
        """Thirty a minute for what makes something public."""
        return READ if method in SAFE_METHODS else PUBLISH


class ConnectionsView(ListView):
    """The accounts of a club."""

    required_scopes = {"GET": Scope.SOCIAL}
    list_sorts = {"connectedAt": "connected_at"}

    @extend_schema(
        operation_id="listSocialConnections",
        tags=schema.TAGS,
        summary="List accounts",
        responses=schema.CONNECTIONS,
    )
    def get(self, request: ApiRequest) -> HttpResponseBase:
        """With their health in words; tokens are in no answer."""
        rows = connecting.connections()
        return Response(
            self.list_answer(request, rows, lambda page: [connection_fields(row) for row in page])
        )


class ConnectView(TenantApiView):
    """The beginning of a consent."""

    required_scopes = {"POST": Scope.SOCIAL}

    @extend_schema(
        operation_id="connectSocialAccount",
        tags=schema.TAGS,
        summary="Begin to connect an account",
        request=schema.CONNECT,
        responses=schema.BEGUN,
    )
    def post(self, request: ApiRequest) -> HttpResponseBase:
        """Send the person to `url`; the network sends them back with `state` and `code`, good for 15 minutes."""
        known = {
            "platform": ("network", inputs.text),
            "redirectUri": ("redirect_uri", inputs.text),
            "login": ("login", inputs.text),
        }
        values = inputs.read(body_object(request), known, required=("platform", "redirectUri"))
        begun = connecting.begin(**values, session=f"api:{request.caller.subject}")
        return Response({"url": begun.url, "state": begun.state})


class CallbackView(TenantApiView):
    """The end of a consent."""

    required_scopes = {"POST": Scope.SOCIAL}

    @extend_schema(
        operation_id="finishSocialAccount",
        tags=schema.TAGS,
        summary="Finish connecting",
        request=schema.CALLBACK,
        responses=schema.CONNECTED,
    )
    def post(self, request: ApiRequest) -> HttpResponseBase:
        """By the same caller and for the same club as the beginning; a state is good for one call."""
        known = {name: (name, inputs.text) for name in ("state", "code", "error")}
        values = inputs.read(body_object(request), known, required=("state",))
        done = connecting.finish(
            state=values["state"],
            code=values.get("code", ""),
            error=values.get("error", ""),
            session=f"api:{request.caller.subject}",
        )
        fields = [connection_fields(row) for row in done.connections]
        return Response({"connections": fields, "remarks": list(done.remarks)})


class ConnectionView(TenantApiView):
    """One account."""

    required_scopes = {"DELETE": Scope.SOCIAL}

    @extend_schema(
        operation_id="disconnectSocialAccount",
        tags=schema.TAGS,
        summary="Disconnect an account",
        parameters=[schema.CONNECTION_ID],
        responses={200: schema.CONNECTION},
    )
    def delete(self, request: ApiRequest, connectionId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """Tokens are forgotten and taken back at the network; what waited is cancelled, what is out stays."""
        return Response(connection_fields(connecting.disconnect(key_of(connectionId, ConnectionNotFound))))


class RefreshView(TenantApiView):
    """The health of an account."""

    required_scopes = {"POST": Scope.SOCIAL}

    @extend_schema(
        operation_id="refreshSocialAccount",
        tags=schema.TAGS,
        summary="Ask the network whether an account works",
        parameters=[schema.CONNECTION_ID],
        request=None,
        responses=schema.CONNECTION,
    )
    def post(self, request: ApiRequest, connectionId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """Renews the token where the network has renewal."""
        return Response(connection_fields(connecting.check_health(key_of(connectionId, ConnectionNotFound))))


class PostsView(ListView):
    """The posts of a club."""

    required_scopes = {"GET": Scope.SOCIAL, "POST": Scope.SOCIAL}
    list_sorts = {"createdAt": "created_at", "updatedAt": "updated_at"}

    @extend_schema(
        operation_id="listSocialPosts",
        tags=schema.TAGS,
        summary="List posts",
        parameters=[
            OpenApiParameter("status", enum=PostStatus.values),
            OpenApiParameter("platform", enum=Network.values),
        ],
        responses=schema.POSTS,
    )
    def get(self, request: ApiRequest) -> HttpResponseBase:
        """Newest first."""
        params = request._request.GET
        rows = posts.whole_posts().order_by("-created_at", "pk")
        for name, column, values in (
            ("status", "status", PostStatus.values),
            ("platform", "targets__connection__network", Network.values),
        ):
            value = params.get(name)
            if value is not None and value not in values:
                raise InvalidParameterError(name, f"Choose one of {', '.join(values)}.")
            rows = rows.filter(**{column: value}) if value else rows
        return Response(
            self.list_answer(request, rows.distinct(), lambda page: [post_fields(row) for row in page])
        )

    @extend_schema(
        operation_id="createSocialPost",
        tags=schema.TAGS,
        summary="Write a post",
        request=schema.WRITE_POST,
        responses={201: schema.POST},
    )
    def post(self, request: ApiRequest) -> HttpResponseBase:
        """A draft; `publish` puts it into the queue."""
        return Response(post_fields(posts.write_post(inputs.words_of(body_object(request)))), status=201)


class PostView(TenantApiView):
    """One post."""

    required_scopes = {"GET": Scope.SOCIAL, "PATCH": Scope.SOCIAL}

    @extend_schema(
        operation_id="getSocialPost",
        tags=schema.TAGS,
        summary="Read a post",
        parameters=[schema.POST_ID],
        responses=schema.POST_IN_FULL,
    )
    def get(self, request: ApiRequest, postId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """With every call that was made for it, and what networks would refuse of it."""
        post = posts.get_post(key_of(postId, PostNotFound))
        attempts = Attempt.objects.filter(target__post=post).order_by("pk")
        problems = [one.as_dict() for one in posts.problems_of_post(post)]
        extra = {"attempts": [attempt_fields(row) for row in attempts], "problems": problems}
        return Response({**post_fields(post), **extra})

    @extend_schema(
        operation_id="updateSocialPost",
        tags=schema.TAGS,
        summary="Write a draft anew",
        parameters=[schema.POST_ID],
        request=schema.WRITE_POST,
        responses=schema.POST,
    )
    def patch(self, request: ApiRequest, postId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """The whole of it: what is left out is empty. Only drafts and posts in review."""
        return Response(
            post_fields(
                posts.write_post(inputs.words_of(body_object(request)), post_id=key_of(postId, PostNotFound))
            )
        )


class PublishPostView(PublishingView):
    """Into the queue."""

    required_scopes = {"POST": Scope.SOCIAL}

    @extend_schema(
        operation_id="publishSocialPost",
        tags=schema.TAGS,
        summary="Publish a post, now or at a time",
        parameters=[schema.POST_ID],
        request=schema.SCHEDULE,
        responses={202: schema.POST},
    )
    def post(self, request: ApiRequest, postId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """Where the club wants a second person, it waits for approval. Refused where a network would refuse it."""
        values = inputs.read(body_object(request), {"scheduledAt": ("at", inputs.moment)})
        return Response(post_fields(posts.schedule_post(key_of(postId, PostNotFound), **values)), status=202)


class CancelPostView(TenantApiView):
    """Out of the queue."""

    required_scopes = {"POST": Scope.SOCIAL}

    @extend_schema(
        operation_id="cancelSocialPost",
        tags=schema.TAGS,
        summary="Cancel a post",
        parameters=[schema.POST_ID],
        request=None,
        responses=schema.POST,
    )
    def post(self, request: ApiRequest, postId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """What waits does not go out; 409 where nothing waits any more."""
        return Response(post_fields(posts.cancel_post(key_of(postId, PostNotFound))))


class RetryPostView(PublishingView):
    """Once more."""

    required_scopes = {"POST": Scope.SOCIAL}

    @extend_schema(
        operation_id="retrySocialPost",
        tags=schema.TAGS,
        summary="Try what failed once more",
        parameters=[schema.POST_ID],
        request=None,
        responses={202: schema.POST},
    )
    def post(self, request: ApiRequest, postId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """Only accounts on which it failed; what is unknown is never repeated."""
        return Response(post_fields(posts.retry_post(key_of(postId, PostNotFound))), status=202)


class SyncEngagementView(TenantApiView):
    """Numbers now."""

    required_scopes = {"POST": Scope.SOCIAL}

    @extend_schema(
        operation_id="syncSocialEngagement",
        tags=schema.TAGS,
        summary="Ask for a post's numbers now",
        parameters=[schema.POST_ID],
        request=None,
        responses=schema.POST,
    )
    def post(self, request: ApiRequest, postId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """They come by themselves as well: hourly for a day, six-hourly to day 7, daily to day 30."""
        post = posts.get_post(key_of(postId, PostNotFound))
        measure_post(post)
        return Response(post_fields(post))


class MediaListView(ListView):
    """The media library."""

    required_scopes = {"GET": Scope.SOCIAL, "POST": Scope.SOCIAL}
    list_sorts = {"createdAt": "created_at"}

    @extend_schema(
        operation_id="listSocialMedia", tags=schema.TAGS, summary="List files", responses=schema.MEDIA_LIST
    )
    def get(self, request: ApiRequest) -> HttpResponseBase:
        """Newest first."""
        rows = Media.objects.order_by("-created_at", "pk")
        return Response(self.list_answer(request, rows, lambda page: [media_fields(row) for row in page]))

    @extend_schema(
        operation_id="addSocialMedia",
        tags=schema.TAGS,
        summary="Add a picture or video",
        request=schema.ADD_MEDIA,
        responses={201: schema.MEDIA},
    )
    def post(self, request: ApiRequest) -> HttpResponseBase:
        """Made fit for every network: upright, without EXIF or place, sRGB, JPEG. Larger files by the back office."""
        known = {
            "name": ("name", inputs.text),
            "content": ("content", inputs.text),
            "altText": ("alt_text", inputs.text),
        }
        values = inputs.read(body_object(request), known, required=("name", "content"))
        content = values.pop("content")
        if len(content) > MOST_BASE64:
            raise InvalidError("At most 5 MB this way.", field="content")
        try:
            raw = base64.b64decode(content, validate=True)
        except (ValueError, binascii.Error) as error:
            raise InvalidError("This is not base64.", field="content") from error
        return Response(media_fields(add_media(BytesIO(raw), **values)), status=201)


class MediaView(TenantApiView):
    """One file."""

    required_scopes = {"DELETE": Scope.SOCIAL}

    @extend_schema(
        operation_id="deleteSocialMedia",
        tags=schema.TAGS,
        summary="Delete a file",
        parameters=[schema.MEDIA_ID],
        responses={204: None},
    )
    def delete(self, request: ApiRequest, mediaId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """409 while a post uses it."""
        delete_media(key_of(mediaId, MediaNotFound))
        return Response(status=204)


class SocialAnalyticsView(TenantApiView):
    """What posts brought."""

    required_scopes = {"GET": Scope.SOCIAL}

    @extend_schema(
        operation_id="socialAnalytics",
        tags=schema.TAGS,
        summary="Report on posts",
        parameters=[
            OpenApiParameter("since", OpenApiTypes.DATETIME),
            OpenApiParameter("until", OpenApiTypes.DATETIME),
        ],
        responses=schema.ANALYTICS,
    )
    def get(self, request: ApiRequest) -> HttpResponseBase:
        """Of the last 30 days, or of the time that is named; a number that no network told is null."""
        params, now = request._request.GET, timezone.now()
        try:
            until = inputs.moment(params.get("until")) or now
            since = inputs.moment(params.get("since")) or until - timedelta(days=30)
        except ValueError as error:
            raise InvalidParameterError("since", str(error)) from error
        told: dict[str, Any] = social_analytics(since=since, until=until, zone=request.tenant.time_zone)
        told["conversions"] = conversions(since=since, until=until)
        return Response(told)
