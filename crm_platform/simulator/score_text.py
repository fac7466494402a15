"""The score as a small table, with the worst findings below it."""

from collections.abc import Iterable, Mapping

from crm_platform.simulator.score import Finding, Score

COLUMNS = (
    ("people", "people"),
    ("records", "records"),
    ("unknown", "unknown_records"),
    ("profiles", "profiles"),
    ("true pairs", "true_pairs"),
    ("found", "found_pairs"),
    ("right", "right_pairs"),
)
RATIOS = (("precision", "precision"), ("recall", "recall"), ("with queue", "recall_with_queue"))
WIDTH = 11


def score_text(scores: Mapping[str, Score]) -> str:
    """One row a club, then for each club the worst false merges and misses with their reasons."""
    heads = [head for head, _ in (*COLUMNS, *RATIOS)]
    lines = ["club".ljust(WIDTH) + "".join(head.rjust(WIDTH) for head in heads)]
    for slug, score in scores.items():
        counts = [f"{getattr(score, name):,}" for _, name in COLUMNS]
        ratios = [f"{getattr(score, name):.4f}" for _, name in RATIOS]
        lines.append(slug.ljust(WIDTH) + "".join(text.rjust(WIDTH) for text in (*counts, *ratios)))
    for slug, score in scores.items():
        lines += _findings(f"{slug}: people who share a profile", score.false_merges)
        lines += _findings(f"{slug}: people in several profiles", score.misses)
    return "\n".join(lines)


def _findings(title: str, findings: Iterable[Finding]) -> list[str]:
    lines = ["", title]
    for finding in findings:
        lines.append(f"  {finding.pairs:>3} pairs  {', '.join(finding.people)}")
        lines.append(f"             {finding.reason}")
        lines += [f"             {note}" for note in finding.notes]
    return lines if len(lines) > 2 else [*lines, "  none"]  # noqa: PLR2004 - a blank line and the title
