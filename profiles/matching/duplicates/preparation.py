"""From raw rows to what is compared: names folded, nicknames known, addresses gathered, and the keys to block on.

Runs in DuckDB whatever the backend is: it is one machine's work for any tenant, unlike comparing pairs.
"""

from typing import Any, Final

from profiles.names import PLAIN_LETTERS, TITLES
from profiles.short_forms import GROUPS

# An address that more people than this have is an office's or a placeholder's and says nothing about anybody.
MOST_HOLDERS: Final = 8
SHORTEST_HANDLE: Final = 5

FOLD: Final = r"""
CREATE MACRO folded(text) AS nullif(trim(regexp_replace(
    translate(strip_accents(lower(replace(replace(text, '''', ''), '’', ''))), '{special}', '{plain}'),
    '[^\p{{L}}\p{{N}}]+', ' ', 'g')), '')
"""
ROOT: Final = "CREATE TABLE nickname (name varchar, root varchar)"
FIRST_WORD: Final = "CREATE MACRO token(text) AS split_part(text, ' ', 1)"
# As `names.without_titles`: a title alone stays.
UNTITLED: Final = r"CREATE MACRO untitled(text) AS regexp_replace(text, '^(?:(?:{titles}) )+', '')"
PACKED: Final = "CREATE MACRO packed(text) AS nullif(replace(text, ' ', ''), '')"
# One mailbox by its other spellings: what stands behind a plus, full stops at Gmail.
MAILBOX: Final = """
CREATE MACRO mailbox(address) AS CASE
    WHEN address LIKE '+%' THEN address
    WHEN split_part(address, '@', 2) IN ('gmail.com', 'googlemail.com')
    THEN replace(split_part(split_part(address, '@', 1), '+', 1), '.', '') || '@gmail.com'
    ELSE split_part(split_part(address, '@', 1), '+', 1) || '@' || split_part(address, '@', 2) END
"""
LETTERS: Final = r"CREATE MACRO letters(text) AS regexp_replace(text, '[^\p{L}]', '', 'g')"

# Numbers instead of UUIDs: the pairs are joined by them many millions of times.
NUMBERED: Final = """
CREATE TABLE numbered AS
SELECT row_number() OVER (ORDER BY id) AS unique_id, *, untitled(folded(first_name)) AS folded_first,
       packed(folded(last_name)) AS last
FROM raw_person
"""
ADDRESS: Final = f"""
CREATE TABLE address AS
SELECT unique_id, kind, value FROM (
    SELECT DISTINCT n.unique_id, a.kind, CASE WHEN a.kind = 'email' THEN mailbox(a.value) ELSE a.value END AS value
    FROM raw_address AS a JOIN numbered AS n USING (id)
) QUALIFY count(*) OVER (PARTITION BY kind, value) <= {MOST_HOLDERS}
"""
# The nickname's root where the tables of short forms know one, else the name itself.
FIRSTS: Final = """
CREATE TABLE first_name AS
SELECT unique_id, name, coalesce(nickname.root, name) AS root FROM (
    SELECT unique_id, token(folded_first) AS name FROM numbered WHERE folded_first IS NOT NULL
    UNION SELECT n.unique_id, token(untitled(folded(r.value))) FROM raw_name AS r JOIN numbered AS n USING (id)
    WHERE r.field = 'firstName' AND folded(r.value) IS NOT NULL
) LEFT JOIN nickname USING (name)
"""
LASTS: Final = """
CREATE TABLE last_name AS
SELECT unique_id, last AS name FROM numbered WHERE last IS NOT NULL
UNION SELECT n.unique_id, packed(folded(r.value)) FROM raw_name AS r JOIN numbered AS n USING (id)
WHERE r.field = 'lastName' AND packed(folded(r.value)) IS NOT NULL
"""
PERSON: Final = f"""
CREATE TABLE person AS
WITH firsts AS (
    SELECT unique_id, list_sort(list_distinct(flatten(list([name, root])))) AS firsts FROM first_name
    WHERE length(name) > 1 GROUP BY ALL
), roots AS (
    SELECT unique_id, min(root) AS root FROM first_name AS f JOIN numbered AS n USING (unique_id)
    WHERE f.name = token(n.folded_first) GROUP BY ALL
), lasts AS (
    SELECT unique_id, list_sort(list(name)) AS lasts FROM last_name GROUP BY ALL
), addresses AS (
    SELECT unique_id,
           list_sort(list(value) FILTER (kind = 'email')) AS emails,
           list_sort(list(value) FILTER (kind = 'phoneNumber')) AS phones,
           list_sort(list_distinct(list(letters(split_part(value, '@', 1)))
               FILTER (kind = 'email' AND length(letters(split_part(value, '@', 1))) >= {SHORTEST_HANDLE}))) AS handles
    FROM address GROUP BY ALL
), spelled AS (
    SELECT unique_id, list_filter(
        list_distinct([packed(folded_first) || last, last || packed(folded_first), token(folded_first)[1] || last,
                       token(folded_first) || last, last || token(folded_first)[1]]),
        lambda word: length(word) >= {SHORTEST_HANDLE}) AS spellings
    FROM numbered WHERE folded_first IS NOT NULL AND last IS NOT NULL
)
SELECT n.unique_id, n.id, n.is_fresh,
       token(n.folded_first) AS first, r.root, f.firsts, n.last, l.lasts,
       token(n.folded_first) || ' ' || n.last AS full_name,
       token(n.folded_first) AS c_first, r.root AS c_root, f.firsts AS c_firsts, n.last AS c_last,
       coalesce(CASE WHEN list_contains(a.emails, mailbox(n.email)) THEN mailbox(n.email) END, a.emails[1]) AS email,
       a.emails,
       coalesce(CASE WHEN list_contains(a.phones, n.phone) THEN n.phone END, a.phones[1]) AS phone, a.phones,
       list_filter(a.handles, lambda handle: NOT list_contains(s.spellings, handle)) AS handles,
       list_distinct(list_concat(a.handles, s.spellings)) AS spellings,
       split_part(email, '@', 2) AS mail_host,
       regexp_replace(split_part(email, '@', 1), '[^0-9]', '', 'g') AS mail_digits,
       array_to_string(list_sort(string_split(split_part(email, '@', 1), '')), '') AS mail_sorted,
       a.emails[1] AS b_email, a.phones[1] AS b_phone,
       replace(n.born, '-', '') AS born,
       n.born[1:4] || n.born[9:10] || n.born[6:7] AS born_swapped,
       nullif(lower(n.gender), '') AS gender, nullif(n.club, '') AS club, n.handicap,
       nullif(regexp_replace(upper(n.postcode), '[^A-Z0-9]', '', 'g'), '') AS postcode,
       n.is_member::tinyint AS member, n.is_player::tinyint AS player, n.is_contact::tinyint AS contact,
       n.login, n.golf_id,
       n.is_member::tinyint + n.is_player::tinyint + n.is_contact::tinyint AS services
FROM numbered AS n
LEFT JOIN firsts AS f USING (unique_id) LEFT JOIN roots AS r USING (unique_id) LEFT JOIN lasts AS l USING (unique_id)
LEFT JOIN addresses AS a USING (unique_id) LEFT JOIN spelled AS s USING (unique_id)
"""
# Column → how often each value is expected between two strangers, relative to the mean: 1 for an ordinary value.
# A full name's from its two parts, because most full names stand here only once and would all look equally rare.
RARITIES: Final = {
    "full_name": """
        SELECT DISTINCT full_name, f.relative * l.relative AS relative
        FROM person JOIN first_rarity AS f USING (first) JOIN last_rarity AS l USING (last)
    """,
    "last": "SELECT last, relative FROM last_rarity",
    "first": "SELECT first, relative FROM first_rarity",
}
RARITY: Final = """
CREATE TABLE {column}_rarity AS
SELECT {column}, share / sum(share * share) OVER () AS relative FROM (
    SELECT {column}, count(*) / sum(count(*)) OVER () AS share FROM person WHERE {column} IS NOT NULL GROUP BY ALL
)
"""
LEAST_RELATIVE: Final = 0.02
MOST_RELATIVE: Final = 50


def prepare(duck: Any) -> None:
    """Make `person` out of the raw tables, one row a customer."""
    special = "".join(chr(code) for code, plain in PLAIN_LETTERS.items() if len(plain) == 1)
    plain = "".join(plain for plain in PLAIN_LETTERS.values() if len(plain) == 1)
    untitled = UNTITLED.format(titles="|".join(sorted(TITLES)))
    fold = FOLD.format(special=special, plain=plain)
    for statement in (fold, untitled, FIRST_WORD, PACKED, MAILBOX, LETTERS, ROOT):
        duck.execute(statement)
    duck.executemany("INSERT INTO nickname VALUES (?, ?)", nickname_roots())
    for statement in (NUMBERED, ADDRESS, FIRSTS, LASTS, PERSON):
        duck.execute(statement)


def nickname_roots() -> list[tuple[str, str]]:
    """Short form → what stands for its group; a name of two groups, as Charlie, has two."""
    return sorted((name, min(group)) for group in GROUPS for name in group)


def measure_rarity(duck: Any, levels: dict[str, float]) -> dict[str, str]:
    """Make Splink's tables of term frequencies; returns column → table.

    `levels`: column → u of the level that its rarity refines.
    """
    for column in ("first", "last"):
        duck.execute(RARITY.format(column=column))
    for column, u in levels.items():
        duck.execute(
            f"CREATE TABLE {column}_frequency AS SELECT {column},"
            f" least(greatest(relative, {LEAST_RELATIVE}), {MOST_RELATIVE}) * {u!r}::double AS tf_{column}"
            f" FROM ({RARITIES[column]})"
        )
    return {column: f"{column}_frequency" for column in levels}
