"""Connections, posts, media and promotions as interfaces tell them; never a token."""

from typing import Any
from uuid import UUID

from social.costs import cost_of_post, dollars
from social.health import health_of
from social.models import Attempt, Connection, Media, Post, Promotion, Target, Touch
from social.networks.errors import MEANINGS


def connection_fields(row: Connection) -> dict[str, Any]:
    """An account with its health."""
    health = health_of(row)
    return {
        "id": str(row.pk),
        "platform": row.network,
        "accountId": row.account_id,
        "accountName": row.account_name,
        "username": row.username or None,
        "login": row.login or None,
        "status": row.status,
        "problem": row.problem or None,
        "health": health.words,
        "tokenExpiresAt": row.access_expires_at,
        "dataAccessExpiresAt": row.data_access_expires_at,
        "pausedUntil": row.closed_until,
        "quotaUsed": row.quota_used,
        "quotaTotal": row.quota_total,
        "scopes": row.scopes,
        "connectedBy": row.connected_by_name or None,
        "connectedAt": row.connected_at,
    }


def target_fields(row: Target) -> dict[str, Any]:
    """A post on one account."""
    meaning = MEANINGS.get(row.problem)
    return {
        "id": str(row.pk),
        "connectionId": str(row.connection_id),
        "platform": row.connection.network,
        "accountName": row.connection.account_name,
        "status": row.status,
        "dueAt": row.due_at,
        "publishedAt": row.published_at,
        "networkPostId": row.network_post_id,
        "permalink": row.permalink or None,
        "deletedAt": row.deleted_at,
        "problem": row.problem or None,
        "problemCode": row.problem_code or None,
        "explanation": meaning.words if meaning else None,
        "whoMustAct": meaning.who if meaning else None,
        "asksHuman": row.asks_human,
        "seen": row.seen,
    }


def post_fields(post: Post) -> dict[str, Any]:
    """A post with its accounts; the numbers of its targets add up to what was planned."""
    targets = list(post.targets.all())
    mills = cost_of_post(post)
    return {
        "id": str(post.pk),
        "text": post.text,
        "link": post.link or None,
        "firstComment": post.first_comment or None,
        "variants": {one.network: one.text for one in post.variants.all()},
        "mediaIds": [str(use.media_id) for use in sorted(post.media.all(), key=lambda use: use.position)],
        "status": post.status,
        "scheduledAt": post.scheduled_at,
        "isEvergreen": post.is_evergreen,
        "lateAfterMinutes": post.late_after_minutes,
        "repeats": post.repeats or None,
        "repeatsUntil": post.repeats_until,
        "promotionId": str(post.promotion_id) if post.promotion_id else None,
        "campaignId": str(post.campaign_id) if post.campaign_id else None,
        "approvedBy": post.approved_by_name or None,
        "reviewNote": post.review_note or None,
        "estimatedCost": dollars(mills) if mills else None,
        "targets": [target_fields(one) for one in targets],
        "createdBy": post.created_by_name or None,
        "createdAt": post.created_at,
        "updatedAt": post.updated_at,
    }


def attempt_fields(row: Attempt) -> dict[str, Any]:
    """A call."""
    return {
        "kind": row.kind,
        "startedAt": row.started_at,
        "endedAt": row.ended_at,
        "outcome": row.outcome,
        "statusCode": row.status_code,
        "code": row.code or None,
        "trace": row.trace or None,
        "message": row.message or None,
    }


def media_fields(row: Media) -> dict[str, Any]:
    """A file of the library."""
    return {
        "id": str(row.pk),
        "kind": row.kind,
        "name": row.name,
        "altText": row.alt_text or None,
        "contentType": row.content_type,
        "size": row.size,
        "width": row.width,
        "height": row.height,
        "durationMs": row.duration_ms,
        "createdAt": row.created_at,
    }


def touch_fields(row: Touch) -> dict[str, Any]:
    """One part of a plan."""
    return {
        "id": str(row.pk),
        "kind": row.kind,
        "channel": row.channel,
        "dueAt": row.due_at,
        "status": row.status,
        "reason": row.reason or None,
        "postId": _id(row.post_id),
        "campaignId": _id(row.campaign_id),
    }


def promotion_fields(row: Promotion) -> dict[str, Any]:
    """A plan with its parts and its field."""
    return {
        "id": str(row.pk),
        "sourceType": row.source_type,
        "sourceId": row.source_id,
        "name": row.name,
        "status": row.status,
        "event": row.facts,
        "channels": row.channels,
        "announceAt": row.announce_at,
        "reminderDays": row.reminder_days,
        "segmentId": _id(row.segment_id),
        "audience": row.audience,
        "connectionIds": row.connection_ids,
        "pictureId": _id(row.picture_id),
        "pictureProblem": row.picture_problem or None,
        "templates": row.template,
        "entered": row.entered,
        "maxEntries": row.max_entries,
        "isFull": row.is_full,
        "runsByItself": row.runs_by_itself,
        "pendingChanges": row.pending.get("changes") if row.pending else None,
        "touches": [touch_fields(one) for one in row.touches.all()],
        "history": row.history,
        "approvedBy": row.approved_by_name or None,
        "createdAt": row.created_at,
        "updatedAt": row.updated_at,
    }


def _id(value: UUID | None) -> str | None:
    return str(value) if value else None
