"""What the tests of imports do: have a file checked, brought in, taken back."""

from profiles.exchange.importing.jobs import choose_columns, start_import, undo_import, work_on
from profiles.exchange.importing.opening import open_import
from profiles.models import ImportRow, ImportStatus, MemberImport
from tests.profiles.importing.spreadsheets import csv_file

HEADER = "Member No,First name,Surname,E-mail,Cell,Date of birth,Category,Handicap,Tags"


def checked(*lines: str, header: str = HEADER) -> MemberImport:
    """An import of these lines, after its check; needs the club's scope."""
    member_import, guesses = open_import("members.csv", csv_file(header, *lines))
    choose_columns(member_import, [guess.target.value for guess in guesses])
    done = work_on(member_import.pk)
    assert done is not None
    assert (done.status, done.error) == (ImportStatus.CHECKED, "")
    return done


def brought_in(*lines: str, header: str = HEADER, takes_conflicts: bool = False) -> MemberImport:
    """The same, brought in."""
    member_import = checked(*lines, header=header)
    start_import(member_import, takes_conflicts=takes_conflicts)
    done = work_on(member_import.pk)
    assert done is not None
    assert (done.status, done.error) == (ImportStatus.DONE, "")
    return done


def taken_back(member_import: MemberImport) -> None:
    """Undo an import to its end."""
    undo_import(member_import)
    done = work_on(member_import.pk)
    assert done is not None
    assert (done.status, done.error) == (ImportStatus.UNDONE, "")


def row(member_import: MemberImport, line: int) -> ImportRow:
    """What became of a line."""
    found: ImportRow = ImportRow.objects.get(import_id=member_import.pk, line=line)
    return found
