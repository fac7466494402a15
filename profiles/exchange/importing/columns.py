"""What a column of a spreadsheet may hold, and which it is likely to be."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from profiles.exchange.importing.headers import BY_WORDS, VAGUE, is_consent, is_of_others, words_of_header
from profiles.exchange.importing.plain_cells import plain
from profiles.exchange.importing.statuses import status_of
from profiles.exchange.importing.targets import LABELS, MANY, Target
from profiles.normalise import folded, normal_email

# What every file of our own export holds, and what of it can come back.
OWN_COLUMNS: Final = frozenset({"id", "tenantId", "lifecycleStage", "membershipStatus", "emailOptIn"})
NOT_EXPORTED: Final = (Target.IGNORE, Target.FULL_NAME, Target.CREATED_AT, Target.PREFIX)
OWN_TARGETS: Final = frozenset(target.value for target in Target if target not in NOT_EXPORTED)
MOST_LOOKED_AT: Final = 200
HALF: Final = 0.5
CERTAIN_SHARE: Final = 0.8


@dataclass(frozen=True, slots=True)
class Guess:
    """What a column seems to be, and why: `remembered`, `header`, `content` or, for left out, empty."""

    target: Target
    why: str = ""
    note: str = ""


def guess_columns(
    header: Sequence[str], rows: Sequence[Sequence[str]], remembered: Mapping[str, str]
) -> list[Guess]:
    """A guess for each column; no target twice but those of MANY. `remembered`: folded header → target.

    Of two columns for one target the more telling header counts, and whose cells look like it; where both do, it is a
    question: neither is taken until somebody says which.
    """
    if is_own_export(header):
        return [_of_own_export(name) for name in header]
    columns = [
        [text for row in rows[:MOST_LOOKED_AT] if place < len(row) and (text := plain(row[place]))]
        for place in range(len(header))
    ]
    guesses = [_guess(name, cells, remembered) for name, cells in zip(header, columns, strict=True)]
    return _without_halves(_without_rivals(header, guesses, columns), rows[:MOST_LOOKED_AT])


def is_own_export(header: Sequence[str]) -> bool:
    """Whether a file was written by this platform's export: its columns are known exactly."""
    return set(header) >= OWN_COLUMNS


def _of_own_export(name: str) -> Guess:
    if name in OWN_TARGETS:
        return Guess(Target(name), "header")
    return Guess(Target.IGNORE, note="The platform keeps this itself.")


def _guess(name: str, cells: Sequence[str], remembered: Mapping[str, str]) -> Guess:
    words = folded(name)
    if words in remembered and remembered[words] in set(Target):
        return Guess(Target(remembered[words]), "remembered")
    if is_consent(name):
        return Guess(Target.IGNORE, note="Consent is kept by the Messaging service and never imported.")
    if is_of_others(name):
        return Guess(Target.IGNORE, note="Seems to be about somebody else than the row's person.")
    words = words_of_header(name)
    target = BY_WORDS.get(words)
    if target is Target.MEMBER and cells and _share(cells, _is_number) < CERTAIN_SHARE:
        target = Target.MEMBER_NUMBER
    if target is not None and cells:
        reason = misfit(target, words, cells)
        if reason:
            return Guess(Target.IGNORE, note=reason)
    if target is not None:
        return Guess(target, "header")
    if cells and _share(cells, lambda cell: "@" in cell and normal_email(cell) is not None) >= CERTAIN_SHARE:
        return Guess(Target.EMAIL, "content")
    return Guess(Target.IGNORE)


def _without_rivals(
    header: Sequence[str], guesses: list[Guess], columns: Sequence[Sequence[str]]
) -> list[Guess]:
    """One column for each target that knows one: what was remembered, then the more telling header, else a question."""
    rivals: dict[Target, list[int]] = {}
    for place, guess in enumerate(guesses):
        if guess.target and guess.target not in MANY:
            rivals.setdefault(guess.target, []).append(place)
    for target, places in rivals.items():
        if len(places) == 1:
            continue
        strength = {place: _strength(header[place], guesses[place]) for place in places}
        best = [place for place in places if strength[place] == max(strength.values())]
        if len(best) > 1:
            best = _alike(best, columns)
        names = ", ".join(f"“{header[place]}”" for place in places)
        for place in places:
            if len(best) > 1:
                note = f"{names} could all be {LABELS[target]}: choose one of them."
                guesses[place] = Guess(Target.IGNORE, "question", note)
            elif place != best[0]:
                note = f"{LABELS[target]} is taken from “{header[best[0]]}”."
                guesses[place] = Guess(Target.IGNORE, note=note)
    return guesses


def _strength(name: str, guess: Guess) -> int:
    """2: staff said so once; 1: a header that means nothing else; 0: one that may."""
    return 2 if guess.why == "remembered" else int(words_of_header(name) not in VAGUE)


def _alike(places: list[int], columns: Sequence[Sequence[str]]) -> list[int]:
    """Of columns that say the same the fuller one; all of them where they differ."""
    filled = sorted(places, key=lambda place: (-len(columns[place]), place))
    said = set(columns[filled[0]])
    return filled[:1] if all(set(columns[place]) <= said for place in filled[1:]) else places


def misfit(target: Target, words: str, cells: Sequence[str]) -> str:
    """Why the cells under a header cannot be what it seems to say; empty where they can."""
    if target is Target.MEMBER_NUMBER and _share(cells, _has_digit) < HALF:
        return "These are no member numbers: most have no digit."
    if target is Target.HANDICAP and _counts_up(cells):
        return "These numbers only count the rows."
    if (
        target is Target.STATUS
        and words in VAGUE
        and _share(cells, lambda cell: status_of(cell, {}) is not None) < HALF
    ):
        return "These are no statuses of a membership."
    return ""


def _counts_up(cells: Sequence[str]) -> bool:
    """0, 1, 2 … as programs number rows."""
    numbers = [int(cell) for cell in cells if _is_number(cell)]
    return (
        len(numbers) == len(cells) > 1
        and numbers[0] in (0, 1)
        and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    )


def _without_halves(guesses: list[Guess], rows: Sequence[Sequence[str]]) -> list[Guess]:
    """What "name" means beside a column of first or of last names: the other half, or both, which then repeats.

    Name and Vorname, as German lists have it, are last and first name; Name "Ann Bell" and First name "Ann" are not.
    """
    targets = {guess.target: place for place, guess in enumerate(guesses)}
    if Target.FULL_NAME not in targets or not targets.keys() & {Target.FIRST_NAME, Target.LAST_NAME}:
        return guesses
    if targets.keys() >= {Target.FIRST_NAME, Target.LAST_NAME}:
        instead = Target.IGNORE
    elif Target.LAST_NAME in targets:
        instead = Target.FIRST_NAME
    elif _holds(rows, targets[Target.FULL_NAME], targets[Target.FIRST_NAME]):
        return guesses
    else:
        instead = Target.LAST_NAME
    return [
        Guess(instead, guess.why) if guess.target is Target.FULL_NAME and guess.why != "remembered" else guess
        for guess in guesses
    ]


def _holds(rows: Sequence[Sequence[str]], whole: int, part: int) -> bool:
    """Whether the cells of one column mostly have those of the other in them."""
    both = [
        (folded(row[whole]).split(), folded(row[part]).split()) for row in rows if max(whole, part) < len(row)
    ]
    told = [set(words) <= set(all_words) for all_words, words in both if words and all_words]
    return sum(told) > len(told) * HALF


def _share(cells: Sequence[str], is_so: Callable[[str], bool]) -> float:
    return sum(1 for cell in cells if is_so(cell)) / len(cells)


def _has_digit(cell: str) -> bool:
    return any(map(str.isdigit, cell))


def _is_number(cell: str) -> bool:
    return cell.isascii() and cell.isdigit()
