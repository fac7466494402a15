"""Root fields of social publishing: the same answers, acts and refusals as over REST."""

from datetime import timedelta
from typing import Any

import graphene
from django.utils import timezone
from graphene.types.generic import GenericScalar

from profiles.graphql.context import Context, scoped
from profiles.graphql.inputs import plain
from profiles.graphql.queries import TENANT
from profiles.graphql.types import JSON, DateTime
from social import connecting, inputs, posts
from social.api.published import ACTS
from social.api.views import PUBLISH, key_of
from social.conversions import conversions
from social.errors import ConnectionNotFound, PostNotFound, PromotionNotFound
from social.graphql import types
from social.measuring import measure_post, social_analytics
from social.models import Promotion
from social.promoting import actions
from social.representation import connection_fields, post_fields, promotion_fields, target_fields
from tenants.api.throttling import charge
from tenants.models import Scope, Tenant
from tenants.scope import current_tenant_id

MOST = 100


def _first(take: int | None) -> int:
    return max(1, min(take or 25, MOST))


@scoped(Scope.SOCIAL)
def _connections(context: Context) -> Any:
    return [connection_fields(row) for row in connecting.connections()[:MOST]]


@scoped(Scope.SOCIAL)
def _posts(context: Context, *, status: Any = None, take: int | None = None) -> Any:
    rows = posts.whole_posts().order_by("-created_at", "pk")
    rows = rows.filter(status=plain(status)) if status else rows
    return [post_fields(row) for row in rows[: _first(take)]]


@scoped(Scope.SOCIAL)
def _promotions(context: Context, *, take: int | None = None) -> Any:
    rows = Promotion.objects.prefetch_related("touches").order_by("-created_at", "pk")
    return [promotion_fields(row) for row in rows[: _first(take)]]


@scoped(Scope.SOCIAL)
def _analytics(context: Context, *, since: Any = None, until: Any = None) -> Any:
    until = until or timezone.now()
    since = since or until - timedelta(days=30)
    zone = Tenant.objects.get(pk=current_tenant_id()).time_zone
    told = social_analytics(since=since, until=until, zone=zone)
    return {**told, "conversions": conversions(since=since, until=until)}


class SocialQueries(graphene.ObjectType):
    """Reading accounts, posts, promotions, numbers."""

    social_connections = graphene.List(
        graphene.NonNull(types.SocialConnection), tenant_id=TENANT, resolver=_connections
    )
    social_posts = graphene.List(
        graphene.NonNull(types.SocialPost),
        tenant_id=TENANT,
        status=types.PostState(),
        take=graphene.Int(),
        resolver=_posts,
    )
    event_promotions = graphene.List(
        graphene.NonNull(types.EventPromotion), tenant_id=TENANT, take=graphene.Int(), resolver=_promotions
    )
    social_analytics = graphene.Field(
        JSON, tenant_id=TENANT, since=DateTime(), until=DateTime(), resolver=_analytics
    )


@scoped(Scope.SOCIAL)
def _create_post(context: Context, *, input: Any) -> Any:
    return post_fields(posts.write_post(inputs.words_of(input)))


@scoped(Scope.SOCIAL)
def _update_post(context: Context, *, id: str, input: Any) -> Any:
    return post_fields(posts.write_post(inputs.words_of(input), post_id=key_of(id, PostNotFound)))


def _act_there(act: str) -> Any:
    """An act on a post that is out, on one account."""

    @scoped(Scope.SOCIAL)
    def resolve(context: Context, *, id: str, target_id: str, text: str = "") -> Any:
        charge(context.caller, PUBLISH)
        return target_fields(ACTS[act](key_of(id, PostNotFound), key_of(target_id, PostNotFound), text))

    return resolve


@scoped(Scope.SOCIAL)
def _publish_post(context: Context, *, id: str, scheduled_at: Any = None) -> Any:
    charge(context.caller, PUBLISH)
    return post_fields(posts.schedule_post(key_of(id, PostNotFound), at=scheduled_at))


@scoped(Scope.SOCIAL)
def _cancel_post(context: Context, *, id: str) -> Any:
    return post_fields(posts.cancel_post(key_of(id, PostNotFound)))


@scoped(Scope.SOCIAL)
def _retry_post(context: Context, *, id: str) -> Any:
    charge(context.caller, PUBLISH)
    return post_fields(posts.retry_post(key_of(id, PostNotFound)))


@scoped(Scope.SOCIAL)
def _sync(context: Context, *, id: str) -> Any:
    post = posts.get_post(key_of(id, PostNotFound))
    measure_post(post)
    return post_fields(post)


@scoped(Scope.SOCIAL)
def _connect(context: Context, *, platform: Any, redirect_uri: str, login: Any = None) -> Any:
    session = f"api:{context.caller.subject}"
    begun = connecting.begin(
        network=plain(platform), redirect_uri=redirect_uri, session=session, login=plain(login) or ""
    )
    return {"url": begun.url, "state": begun.state}


@scoped(Scope.SOCIAL)
def _finish(context: Context, *, state: str, code: str = "", error: str = "") -> Any:
    done = connecting.finish(
        state=state, code=code or "", error=error or "", session=f"api:{context.caller.subject}"
    )
    return [connection_fields(row) for row in done.connections]


@scoped(Scope.SOCIAL)
def _refresh(context: Context, *, id: str) -> Any:
    return connection_fields(connecting.check_health(key_of(id, ConnectionNotFound)))


@scoped(Scope.SOCIAL)
def _disconnect(context: Context, *, id: str) -> Any:
    return connection_fields(connecting.disconnect(key_of(id, ConnectionNotFound)))


@scoped(Scope.SOCIAL)
def _create_promotion(context: Context, *, input: Any) -> Any:
    values = inputs.read(input, inputs.PROMOTION, required=("sourceType", "sourceId", "event"))
    return promotion_fields(actions.make_promotion(**values))


@scoped(Scope.SOCIAL)
def _update_promotion(context: Context, *, id: str, input: Any) -> Any:
    known = {name: inputs.PROMOTION[name] for name in inputs.CHANGEABLE}
    return promotion_fields(
        actions.update_promotion(key_of(id, PromotionNotFound), inputs.read(input, known))
    )


@scoped(Scope.SOCIAL)
def _cancel_promotion(context: Context, *, id: str) -> Any:
    return promotion_fields(actions.cancel_promotion(key_of(id, PromotionNotFound)))


@scoped(Scope.SOCIAL)
def _approve_promotion(context: Context, *, id: str) -> Any:
    return promotion_fields(actions.approve_promotion(key_of(id, PromotionNotFound)))


def _act(kind: Any, resolver: Any, **arguments: Any) -> graphene.Field:
    return graphene.Field(
        kind, id=graphene.ID(required=True), tenant_id=TENANT, resolver=resolver, **arguments
    )


def _made(kind: Any, resolver: Any) -> graphene.Field:
    body = GenericScalar(required=True, description="The fields of the REST call of the same name.")
    return graphene.Field(kind, input=body, tenant_id=TENANT, resolver=resolver)


def _there(act: str, *, has_words: bool = False) -> graphene.Field:
    words = {"text": graphene.String(required=True)} if has_words else {}
    return _act(types.SocialTarget, _act_there(act), target_id=graphene.ID(required=True), **words)


class SocialMutations(graphene.ObjectType):
    """Acts on accounts, posts and promotions."""

    create_social_post = _made(types.SocialPost, _create_post)
    update_social_post = _act(types.SocialPost, _update_post, input=GenericScalar(required=True))
    publish_social_post = _act(types.SocialPost, _publish_post, scheduled_at=DateTime())
    cancel_social_post = _act(types.SocialPost, _cancel_post)
    retry_social_post = _act(types.SocialPost, _retry_post)
    sync_social_engagement = _act(types.SocialPost, _sync)
    edit_published_post = _there("edit", has_words=True)
    reply_to_published_post = _there("reply", has_words=True)
    delete_published_post = _there("delete")
    write_first_comment_again = _there("comment-again")
    connect_social_account = graphene.Field(
        JSON,
        platform=types.Platform(required=True),
        redirect_uri=graphene.String(required=True),
        login=types.LoginBy(),
        tenant_id=TENANT,
        resolver=_connect,
    )
    finish_social_account = graphene.Field(
        graphene.List(graphene.NonNull(types.SocialConnection)),
        state=graphene.String(required=True),
        code=graphene.String(),
        error=graphene.String(),
        tenant_id=TENANT,
        resolver=_finish,
    )
    refresh_social_account = _act(types.SocialConnection, _refresh)
    disconnect_social_account = _act(types.SocialConnection, _disconnect)
    create_promotion = _made(types.EventPromotion, _create_promotion)
    update_promotion = _act(types.EventPromotion, _update_promotion, input=GenericScalar(required=True))
    cancel_promotion = _act(types.EventPromotion, _cancel_promotion)
    approve_promotion = _act(types.EventPromotion, _approve_promotion)
