"""Members and their history have parents, which is checked once a statement: nobody is orphaned, by whatever order."""

from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction

from segments.models import Segment, SegmentMember, SegmentTransition
from tenants.postgresql.base import as_owner
from tenants.postgresql.locks import AdvisoryLock
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.profiles.records import profile
from tests.segments.makers import a_list

pytestmark = pytest.mark.django_db
NAMES = (
    "segments_segmentmember_segment_fk",
    "segments_segmentmember_profile_fk",
    "segments_segmenttransition_segment_fk",
)
INSERT = """
INSERT INTO segments_segmentmember (tenant_id, segment_id, profile_id, origin_profile_id) VALUES (%s, %s, %s, %s)
"""


def member(club: Club, made: Segment, profile_id: UUID) -> None:
    with tenant_scope(club.tenant):
        given = {"profile_id": profile_id, "origin_profile_id": profile_id}
        SegmentMember.objects.create(tenant=club.tenant, segment_id=made.pk, **given)


def test_no_row_is_looked_at_by_itself() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.conname, c.conenforced, (SELECT count(*) FROM pg_trigger AS t WHERE t.tgconstraint = c.oid)"
            " FROM pg_constraint AS c WHERE c.conname = ANY(%s)",
            [list(NAMES)],
        )
        assert sorted(cursor.fetchall()) == sorted((name, False, 0) for name in NAMES)


def test_whoever_is_named_cannot_be_deleted(fairview: Club) -> None:
    person, made = profile(fairview.tenant), a_list(fairview.tenant)
    member(fairview, made, person.pk)
    with tenant_scope(fairview.tenant):
        SegmentTransition.objects.filter(segment_id=made.pk).delete()
        with pytest.raises(IntegrityError, match="segments_segmentmember_profile_fk"), transaction.atomic():
            person.delete()
        with pytest.raises(IntegrityError, match="segments_segmentmember_segment_fk"), transaction.atomic():
            Segment.objects.filter(pk=made.pk).delete()

        SegmentMember.objects.filter(segment_id=made.pk).delete()
        SegmentTransition.objects.create(
            tenant=fairview.tenant,
            segment_id=made.pk,
            profile_id=person.pk,
            is_join=True,
            cause="MANUAL",
            version=1,
        )
        with (
            pytest.raises(IntegrityError, match="segments_segmenttransition_segment_fk"),
            transaction.atomic(),
        ):
            Segment.objects.filter(pk=made.pk).delete()

        SegmentTransition.objects.filter(segment_id=made.pk).delete()
        Segment.objects.filter(pk=made.pk).delete()
        person.delete()


def test_a_member_is_moved_to_somebody_only(fairview: Club) -> None:
    person, made = profile(fairview.tenant), a_list(fairview.tenant)
    member(fairview, made, person.pk)
    with tenant_scope(fairview.tenant):
        rows = SegmentMember.objects.filter(segment_id=made.pk)
        with pytest.raises(IntegrityError, match="segments_segmentmember_profile_fk"), transaction.atomic():
            rows.update(profile_id=uuid4())
        with pytest.raises(IntegrityError, match="segments_segmentmember_segment_fk"), transaction.atomic():
            rows.update(segment_id=uuid4())


def test_parents_of_another_club_are_none(fairview: Club, kingsmere: Club) -> None:
    person, stranger = profile(fairview.tenant), profile(kingsmere.tenant)
    made, other = a_list(fairview.tenant), a_list(kingsmere.tenant)
    for segment_id, profile_id, name in (
        (made.pk, stranger.pk, "segments_segmentmember_profile_fk"),
        (other.pk, person.pk, "segments_segmentmember_segment_fk"),
    ):
        for is_owner in (False, True):
            values = [fairview.tenant.pk, segment_id, profile_id, profile_id]
            with pytest.raises(IntegrityError, match=name), transaction.atomic():
                insert(values, fairview, is_owner=is_owner)


def insert(values: list[Any], club: Club, *, is_owner: bool) -> None:
    if is_owner:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute(INSERT, values)
    else:
        with tenant_scope(club.tenant), connection.cursor() as cursor:
            cursor.execute(INSERT, values)


@pytest.mark.django_db(transaction=True)
def test_a_deletion_waits_for_a_member_who_is_not_committed_yet(
    fairview: Club, database_environment: dict[str, str]
) -> None:
    person, made = profile(fairview.tenant), a_list(fairview.tenant)
    values = [fairview.tenant.pk, made.pk, person.pk, person.pk]
    options = {"autocommit": False, "options": "-c search_path=crm,public -c lock_timeout=200ms"}
    url = database_environment["CRM_DATABASE_URL"]
    with psycopg.connect(url, **options) as writer, psycopg.connect(url, **options) as remover:  # type: ignore[arg-type]
        writer.execute(INSERT, values)
        with pytest.raises(psycopg.errors.LockNotAvailable):
            remover.execute("DELETE FROM profiles_customerprofile WHERE id = %s", [person.pk])
        remover.rollback()
        writer.commit()
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            remover.execute("DELETE FROM profiles_customerprofile WHERE id = %s", [person.pk])


def test_the_lock_is_the_one_that_writers_of_members_take() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT prosrc FROM pg_proc WHERE proname = ANY(%s)",
            [["segments_segmentmember_profile_held", "segments_segmentmember_profile_named"]],
        )
        sources = [source for (source,) in cursor.fetchall()]
    assert len(sources) == 2
    assert all(
        f"pg_advisory_xact_lock({int(AdvisoryLock.SEGMENTS)}, hashtext(" in source for source in sources
    )
