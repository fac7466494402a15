"""Imports: a file's rows, what each of them would do and did, and which column is what."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from tenants.models import TenantChildModel, TenantModel


class ImportStatus(models.TextChoices):
    """How far an import is."""

    MAPPING = "MAPPING", "Columns to be confirmed"
    CHECKING = "CHECKING", "Being checked"
    CHECKED = "CHECKED", "Ready to start"
    RUNNING = "RUNNING", "Being brought in"
    DONE = "DONE", "Done"
    UNDOING = "UNDOING", "Being taken back"
    UNDONE = "UNDONE", "Taken back"
    FAILED = "FAILED", "Failed"


# A worker is at it, or should be.
WORKING_STATUSES = (ImportStatus.CHECKING, ImportStatus.RUNNING, ImportStatus.UNDOING)


class ImportOutcome(models.TextChoices):
    """What a row does."""

    CREATE = "CREATE", "New customer"
    UPDATE = "UPDATE", "Changes a customer"
    UNCHANGED = "UNCHANGED", "No change"
    CONFLICT = "CONFLICT", "Contradicts what is known"
    ERROR = "ERROR", "Cannot be taken"
    SKIPPED = "SKIPPED", "No customer: a heading or a sum"


class MemberImport(TenantModel):
    """One file of people on its way in. The file itself is not kept: its rows are."""

    class Form(models.TextChoices):
        """Whose columns these are."""

        SPREADSHEET = "SPREADSHEET", "Spreadsheet"
        MCA_ZA = "mca-za", "Old system, South Africa"
        MCA_UK = "mca-uk", "Old system, United Kingdom"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    form = models.CharField(max_length=12, choices=Form.choices, default=Form.SPREADSHEET)
    file_name = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=ImportStatus.choices, default=ImportStatus.MAPPING)
    header = models.JSONField(help_text="Names of the columns, in their order.")
    notes = models.JSONField(default=list, help_text="What was found out about the file.")
    targets = models.JSONField(help_text="For each column the field it goes to; empty: left out.")
    takes_conflicts = models.BooleanField(default=False)
    total = models.IntegerField(default=0)
    done = models.IntegerField(default=0)
    counts = models.JSONField(default=dict, help_text="Outcome → rows, of the check and then of the run.")
    error = models.TextField(default="", blank=True)
    leased_until = models.DateTimeField(null=True, help_text="A worker is at it until then, or died.")
    attempts = models.SmallIntegerField(db_default=0, help_text="Workers that began since the last progress.")
    made_by = models.ForeignKey("tenants.User", null=True, on_delete=models.SET_NULL, related_name="+")
    made_by_name = models.TextField(db_default="", blank=True)
    made_at = models.DateTimeField(db_default=models.functions.Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # What rows refer to, so that a row cannot belong to another tenant than its import.
            models.UniqueConstraint(fields=["tenant", "id"], name="profiles_import_tenant_uq"),
            models.CheckConstraint(
                condition=Q(status__in=ImportStatus.values), name="profiles_import_status_ck"
            ),
            models.CheckConstraint(
                condition=Q(form__in=["SPREADSHEET", "mca-za", "mca-uk"]), name="profiles_import_form_ck"
            ),
            models.CheckConstraint(
                condition=Q(done__gte=0, total__gte=0), name="profiles_import_progress_ck"
            ),
        ]
        indexes = [
            # The page of imports, newest first.
            models.Index(fields=["tenant", "-made_at"], name="profiles_import_newest_idx"),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_working(self) -> bool:
        """Whether a worker is, or should be, at it."""
        return self.status in WORKING_STATUSES


class ImportRow(TenantChildModel):
    """One row of a file: its cells as they stood there, what was read, what it would do and what it did."""

    import_id = models.UUIDField()
    line = models.IntegerField(help_text="Its line in the file.")
    cells = ArrayField(models.TextField())
    is_heading = models.BooleanField(default=False)
    values = models.JSONField(null=True, help_text="Field → value in normal form.")
    remarks = models.JSONField(
        default=list, help_text="Field and words: what was left aside, what its owner keeps."
    )
    is_partial = models.BooleanField(default=False, help_text="Something of it could not be taken.")
    outcome = models.CharField(max_length=9, choices=ImportOutcome.choices, null=True)
    reason = models.TextField(default="", blank=True)
    changes = models.JSONField(default=list, help_text="Field, before, after; as the check found it.")
    profile_id = models.UUIDField(null=True)
    stage_before = models.SmallIntegerField(
        null=True, help_text="The stage rank of a known customer at the check."
    )
    is_created = models.BooleanField(default=False)
    added_tags = ArrayField(models.TextField(), default=list)
    applied_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "import_id", "line"], name="profiles_importrow_line_uq"
            ),
            models.CheckConstraint(
                condition=Q(outcome__isnull=True) | Q(outcome__in=ImportOutcome.values),
                name="profiles_importrow_outcome_ck",
            ),
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True) | Q(applied_at__isnull=False),
                name="profiles_importrow_undone_ck",
            ),
        ]
        indexes = [
            # The rows of one outcome, in the order of the file.
            models.Index(
                fields=["tenant", "import_id", "outcome", "line"], name="profiles_importrow_outcome_idx"
            ),
            # Privacy: what imports said of a person.
            models.Index(fields=["tenant", "profile_id"], name="profiles_importrow_person_idx"),
        ]

    def __str__(self) -> str:
        return f"line {self.line}"


class ColumnChoice(TenantModel):
    """What staff once said a column of this name is."""

    header = models.TextField(help_text="Folded: lower-case letters and digits.")
    target = models.CharField(max_length=20, blank=True)
    chosen_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "header"], name="profiles_columnchoice_header_uq"),
        ]

    def __str__(self) -> str:
        return f"{self.header}: {self.target}"
