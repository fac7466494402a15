"""What people do to events that failed, in the action log of the club whose events they are."""

from uuid import UUID

from tenants.action_log import log_action
from tenants.scope import current_scope


def log_if_of_a_club(action: str, count: int, subject_id: object = "") -> None:
    """Note an act on events of the open scope; operators who work across clubs have no club's log to write into."""
    if count and isinstance(current_scope(), UUID):
        log_action(action, subject_kind="event", subject_id=subject_id, details={"count": count})
