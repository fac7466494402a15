"""Who may see, change, merge, import, export and erase customers."""

from collections.abc import Mapping
from itertools import count
from typing import Any, Final
from uuid import UUID, uuid4

from profiles.bulk import keep_act
from profiles.editing import Author
from profiles.exchange.importing.opening import open_import
from profiles.merging.actions import merge_profiles
from profiles.models import Activity, CustomerProfile, HouseholdMember, Note, ProfileMerge, ReviewCandidate
from tenants.scope import tenant_scope
from tests.permissions import (
    ADMIN,
    ADMINISTER,
    CHANGE,
    MAKE,
    MANAGER,
    NOBODY,
    READ,
    STAFF,
    VIEWER,
    Page,
    Row,
    World,
)
from tests.profiles import stories
from tests.profiles.importing.spreadsheets import csv_file
from tests.profiles.records import candidate, profile

NUMBERS: Final = count(5000)
ACTIVITY: Final = {"type": "CALL", "category": "NOTE", "title": "x"}
ALL: Final = "/api/v1/customers"
ONE: Final = "/api/v1/customers/{id}"
RULES: Final = "/api/v1/scoring/rules"
OWN: Final = "?tenantId=fairview"


def other(world: World) -> Mapping[str, object]:
    """A second customer."""
    number = next(NUMBERS)
    stories.tell(world.club.tenant, stories.member(number, firstName="Other"))
    with tenant_scope(world.club.tenant):
        return {"other": CustomerProfile.objects.get(scl_member_id=number).pk}


def merged(world: World) -> Mapping[str, object]:
    """A second customer who was merged into the first."""
    found = other(world)
    with tenant_scope(world.club.tenant):
        merge_profiles(world.customer_id, UUID(str(found["other"])))
    return found


REST: Final = (
    Row("customers", "GET", f"{ALL}{OWN}", READ),
    Row("customers", "POST", f"{ALL}{OWN}", MAKE, {"firstName": "New"}),
    Row("resolve-customer", "GET", f"{ALL}/resolve{OWN}&sclMemberId=4711", READ),
    Row(
        "resolve-customer",
        "POST",
        f"{ALL}/resolve{OWN}",
        READ,
        {"keys": [{"sclMemberId": "4711"}]},
        is_reading=True,
    ),
    Row("write-customers", "POST", f"{ALL}/batch{OWN}", CHANGE, {"customers": [{"firstName": "New"}]}),
    Row("export-customers", "GET", f"{ALL}/export{OWN}", ADMINISTER),
    Row("customer", "GET", f"{ONE}{OWN}", READ),
    Row("customer", "PATCH", f"{ONE}{OWN}", CHANGE, {"language": "zu"}),
    Row("merge-customers", "POST", f"{ONE}/merge{OWN}", ADMINISTER, {"loserId": "{other}"}, prepare=other),
    Row("unmerge-customer", "POST", ALL + "/{other}/unmerge" + OWN, ADMINISTER, prepare=merged),
    Row("export-customer", "GET", f"{ONE}/export{OWN}", ADMINISTER),
    Row(
        "erase-customer",
        "POST",
        f"{ONE}/erase{OWN}",
        ADMINISTER,
        {"reason": "gdpr_erasure", "dryRun": True},
    ),
    Row("restriction", "GET", f"{ONE}/restriction{OWN}", READ),
    Row("restriction", "PUT", f"{ONE}/restriction{OWN}", ADMINISTER, {"restricted": True}),
    Row("activities", "GET", f"{ONE}/activities{OWN}", READ),
    Row("activities", "POST", f"{ONE}/activities{OWN}", MAKE, ACTIVITY),
    Row("scores", "GET", f"{ONE}/scores{OWN}", READ),
    Row("scoring-rules", "GET", f"{RULES}{OWN}", READ),
    Row("scoring-rules", "PUT", f"{RULES}{OWN}", ADMINISTER, {"churnLevels": [90, 60, 40, 20]}),
    Row("notes", "GET", f"{ONE}/notes{OWN}", READ),
    Row("notes", "POST", f"{ONE}/notes{OWN}", MAKE, {"body": "x"}),
)
PAGES: Final = (
    Page("index", VIEWER, is_front_door=True),
    Page("dashboard_figures", VIEWER),
    Page("customer_search", VIEWER, "POST"),
    Page("customers_export", MANAGER, "POST"),
    Page("customers_columns", VIEWER, "POST"),
    Page("customers_tag", MANAGER),
    Page("customers_untag", MANAGER),
    Page("customers_note", MANAGER),
    Page("customers_export_chosen", MANAGER),
    Page("bulk_acts", MANAGER),
    Page("bulk_act", MANAGER),
    Page("bulk_undo", MANAGER, "POST"),
    Page("tags", MANAGER),
    Page("tag_rename", MANAGER, "POST"),
    Page("tag_delete", MANAGER, "POST"),
    Page("tag_colour", MANAGER, "POST"),
    Page("customer_tags", MANAGER, "POST"),
    Page("customer_timeline", VIEWER),
    Page("customer_add_note", STAFF, "POST"),
    Page("customer_note", STAFF, "POST"),
    Page("customers_alike", STAFF, "POST"),
    Page("customer_edit", STAFF),
    Page("customer_merge", MANAGER),
    Page("customer_unmerge", MANAGER, "POST"),
    Page("household_people", MANAGER),
    Page("household_form", MANAGER, "POST"),
    Page("household_leave", MANAGER, "POST"),
    Page("household_dissolve", MANAGER, "POST"),
    Page("scoring_rules", VIEWER),
    Page("scoring_change", ADMIN, "POST"),
    Page("scoring_foretell", ADMIN, "POST"),
    Page("scoring_go_back", ADMIN, "POST"),
    Page("scoring_progress", VIEWER),
    Page("privacy", ADMIN),
    Page("privacy_retention", ADMIN),
    Page("privacy_reject", ADMIN, "POST"),
    Page("privacy_readmit", ADMIN, "POST"),
    Page("customer_copy", ADMIN, "POST"),
    Page("customer_restrict", ADMIN, "POST"),
    Page("customer_erase", ADMIN),
    Page("customer_erase_count", ADMIN),
    Page("review_queue", STAFF),
    Page("review_decided", STAFF),
    Page("review_list", STAFF),
    Page("review_later", STAFF, "POST"),
    Page("review_likely", MANAGER),
    Page("review_decide", STAFF, "POST"),
    Page("review_undo", STAFF, "POST"),
    Page("imports", MANAGER),
    Page("import", MANAGER),
    Page("import_progress", MANAGER),
    Page("import_columns", MANAGER, "POST"),
    Page("import_statuses", MANAGER, "POST"),
    Page("import_start", MANAGER, "POST"),
    Page("import_undo", MANAGER, "POST"),
    Page("import_discard", MANAGER, "POST"),
    Page("import_problems", MANAGER),
    Page("profiles_customerprofile_changelist", VIEWER),
    Page("profiles_customerprofile_add", STAFF),
    Page("profiles_customerprofile_change", VIEWER),
    Page("profiles_customerprofile_history", VIEWER),
    Page("profiles_customerprofile_delete", NOBODY),
)


def things(world: World) -> Mapping[str, object]:
    """A doubtful pair, an import, the customer."""
    tenant = world.club.tenant
    pair = candidate(tenant, world.customer_id, profile(tenant).pk)
    with tenant_scope(tenant):
        act = keep_act("tag", "Tagged", Author("x"), chosen=1, changed=[world.customer_id], data={"tag": "x"})
        note = Note.objects.create(
            tenant=tenant,
            profile_id=world.customer_id,
            origin_profile_id=world.customer_id,
            body="Rings back",
        )
        member_import, _ = open_import("members.csv", csv_file("Surname,E-mail", "Thandi,t@example.com"))
    return {
        "profiles_customerprofile": world.customer_id,
        "act_id": act.pk,
        "candidate_id": pair.pk,
        "household_id": uuid4(),
        "import_id": member_import.pk,
        "note_id": note.pk,
        "request_id": 1,
        "version": 1,
    }


def state() -> tuple[Any, ...]:
    """Customers and what is known of them."""
    return (
        sorted(CustomerProfile.objects.values_list("id", "version", "status", "updated_at")),
        sorted(ReviewCandidate.objects.values_list("id", "status")),
        *(model.objects.count() for model in (Activity, Note, ProfileMerge, HouseholdMember)),
    )
