"""Tables of the ground floor: what each column holds, what becomes of rows about a person, how long they stay."""

from typing import Final

from tenants.extension import Period, Table, Texts, columns, delete

# Bodies are UTF-8 as our own answers are; a file is never kept here.
BODY: Final = "convert_from(row.response_body, 'UTF8')"
TABLES: Final = (
    Table("tenants.Membership", plain=columns("user_id role created_at")),
    Table(
        "tenants.Invitation",
        # Addresses of people who work for the club, as Membership names their accounts.
        plain=columns(
            "email role issue invited_by_id made_at expires_at accepted_at accepted_by_id withdrawn_at"
        ),
    ),
    Table("tenants.TenantName", plain=columns("name")),
    Table(
        "tenants.IdempotencyRecord",
        personal=columns("path response_body"),
        plain=columns("caller key request_hash method response_status created_at"),
        erase=delete("tenants_idempotencyrecord", "id = ANY(%(mentioned)s)"),
        texts=Texts(("row.path", BODY), by_id=True),
    ),
    Table(
        "tenants.LoggedAction",
        plain=columns("at hour actor_kind actor_id actor_name action subject_kind subject_id details"),
        mine="subject_id = ANY(%(ids)s::text[])",
    ),
)
PERIODS: Final = (
    Period(
        "actionLog",
        "Action log",
        "Who saw, changed and exported what is deleted.",
        1095,
        "SELECT id FROM tenants_loggedaction WHERE tenant_id = %(tenant)s AND at < %(before)s",
        "DELETE FROM tenants_loggedaction WHERE id IN (SELECT id FROM past)",
        is_owners=True,
    ),
)
