"""A customer as the outside sees it: the camelCase fields of the API."""

from typing import Any

from profiles.models import CustomerProfile


def customer_fields(profile: CustomerProfile) -> dict[str, Any]:
    """Field → plain value (UUIDs, dates and times included) of one customer."""
    return {
        "id": profile.id,
        "tenantId": profile.tenant_id,
        "status": profile.status,
        "authUserId": profile.auth_user_id,
        "email": profile.email,
        "phoneNumber": profile.phone_number,
        "sclMemberId": profile.scl_member_id,
        "teetimePlayerId": profile.teetime_player_id,
        "messagingContactId": profile.messaging_contact_id,
        "externalIds": profile.external_ids,
        "firstName": profile.first_name or None,
        "lastName": profile.last_name or None,
        "displayName": profile.name,
        "dateOfBirth": profile.date_of_birth,
        "gender": profile.gender or None,
        "country": profile.country or None,
        "language": profile.language or None,
        "lifecycleStage": profile.lifecycle_stage,
        "tags": profile.tags,
        "engagementScore": profile.engagement_score,
        "engagementScoreAt": profile.engagement_score_at,
        "churnRiskScore": profile.churn_risk_score,
        "churnRiskScoreAt": profile.churn_risk_score_at,
        "lifetimeValue": profile.lifetime_value_cents,
        "lastActivityAt": profile.last_activity_at,
        "lastActivityType": profile.last_activity_type or None,
        "activityCount30d": profile.activity_count_30d,
        "activityCount90d": profile.activity_count_90d,
        "bookingCount30d": profile.booking_count_30d,
        "lastBookingAt": profile.last_booking_at,
        "lastEmailOpenAt": profile.last_email_open_at,
        "lastEmailClickAt": profile.last_email_click_at,
        "handicap": None if profile.handicap_tenths is None else profile.handicap_tenths / 10,
        "handicapUpdatedAt": profile.handicap_updated_at,
        "homeClubId": profile.home_club_id or None,
        "homeClubName": profile.home_club_name or None,
        "membershipTier": profile.membership_tier or None,
        "membershipStatus": profile.membership_status or None,
        "memberSince": profile.member_since,
        "membershipExpiry": profile.membership_expiry,
        "emailOptIn": profile.email_opt_in,
        "smsOptIn": profile.sms_opt_in,
        "pushOptIn": profile.push_opt_in,
        "whatsappOptIn": profile.whatsapp_opt_in,
        "createdAt": profile.created_at,
        "updatedAt": profile.updated_at,
        "mergedInto": profile.merged_into_id,
    }
