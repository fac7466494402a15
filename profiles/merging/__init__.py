"""Two profiles that are one person: merging them, and taking a merge back.

`acts` is what staff, API and commands call (`merge_profiles`, `unmerge_profiles`), `previewing` shows what a merge
would do, `history` says what the standing merges make of the profiles, `rehoming` brings the rows there,
`keeping_apart` remembers who must never be taken for one, `statements` holds the SQL.
"""
