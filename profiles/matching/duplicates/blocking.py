"""Which pairs are compared at all: those who share a key, smallest blocks first, until the budget is spent.

A club of a million has half a billion pairs even of people with one initial. What they share must be rare to be worth
a look, so blocks are taken by size: an address, a rare name, then less rare ones. A name that four thousand people have
is left out; of them, those who share an address or a date of birth too are found by another key.
"""

from typing import Any, Final

KEYS: Final = """
CREATE TABLE key AS
SELECT DISTINCT unique_id, is_fresh, kind, hash(value) AS value FROM (
    SELECT unique_id, is_fresh, 'email' AS kind, unnest(emails) AS value FROM person
    UNION ALL SELECT unique_id, is_fresh, 'phone', unnest(phones) FROM person
    UNION ALL SELECT unique_id, is_fresh, 'handle', unnest(spellings) FROM person
    UNION ALL SELECT p.unique_id, is_fresh, 'name', f.root || ' ' || l.name
        FROM person AS p JOIN first_name AS f USING (unique_id) JOIN last_name AS l USING (unique_id)
    UNION ALL SELECT unique_id, is_fresh, 'swapped', least(first, last) || ' ' || greatest(first, last)
        FROM person WHERE first IS NOT NULL AND last IS NOT NULL
    UNION ALL SELECT p.unique_id, is_fresh, 'initial', f.name[1] || l.name
        FROM person AS p JOIN first_name AS f USING (unique_id) JOIN last_name AS l USING (unique_id)
    UNION ALL SELECT unique_id, is_fresh, 'start of name', root || ' ' || last[1:3] FROM person
        WHERE length(first) > 1
    UNION ALL SELECT unique_id, is_fresh, 'end of name', root || ' ' || last[-3:] FROM person WHERE length(first) > 1
    UNION ALL SELECT unique_id, is_fresh, 'birth', born[1:4] || least(born[5:6], born[7:8])
        || greatest(born[5:6], born[7:8]) || first[1] FROM person WHERE born IS NOT NULL
    UNION ALL SELECT unique_id, is_fresh, 'birth and name', born[5:8] || root FROM person WHERE born IS NOT NULL
) WHERE value IS NOT NULL
"""
# `pairs`: how many pairs a block makes; only those with a fresh side count.
BLOCKS: Final = """
CREATE TABLE block AS
SELECT * FROM (
    SELECT kind, value, size, pairs, sum(pairs) OVER (ORDER BY size, kind, value) AS spent FROM (
        SELECT kind, value, count(*) AS size,
               count(*) * (count(*) - 1) // 2
                   - count(*) FILTER (NOT is_fresh) * (count(*) FILTER (NOT is_fresh) - 1) // 2 AS pairs
        FROM key GROUP BY ALL
    ) WHERE pairs > 0
) WHERE spent <= $budget
"""
PAIRS: Final = """
CREATE TABLE blocked AS
SELECT DISTINCT '0' AS match_key, l.unique_id AS join_key_l, r.unique_id AS join_key_r
FROM block JOIN key AS l USING (kind, value) JOIN key AS r USING (kind, value)
WHERE l.unique_id < r.unique_id AND (l.is_fresh OR r.is_fresh)
"""


def block(duck: Any, budget: int) -> int:
    """Make `blocked`, the pairs to compare, each with at least one fresh side; returns how many.

    `budget`: how many pairs all blocks together may make; a pair of several blocks counts in each.
    """
    duck.execute(KEYS)
    duck.execute(BLOCKS, {"budget": budget})
    duck.execute(PAIRS)
    for table in ("key", "block"):
        duck.execute(f"DROP TABLE {table}")
    return int(duck.execute("SELECT count(*) FROM blocked").fetchall()[0][0])
