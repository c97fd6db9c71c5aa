"""Since when: the first period of the unbroken run of periods that lasts to the present one.

A period of which nothing is known neither breaks nor lengthens a run.
"""

import ibis
from ibis import _

KEYS = ["student_id", "term"]


def begun(lists: ibis.Table, history: ibis.Table) -> ibis.Table:
    """When runs that last to the present began.

    Args:
        lists: ``student_id``, ``term`` of the list and ``present``, the period in which the
            condition is met now; each once.
        history: ``student_id``, ``period`` and ``is_met``, every known period once.

    Returns:
        ``student_id``, ``term`` and ``since``, one row for each of ``lists``.
    """
    past = history.join(lists, "student_id").filter(_.period < _.present)
    breaks = past.filter(~_.is_met).group_by(KEYS).agg(last=_.period.max())
    met = past.filter(_.is_met)
    after = met.left_join(breaks, KEYS).select(met, "last")
    runs = after.filter(after["last"].isnull() | (after.period > after["last"]))
    first = runs.group_by(KEYS).agg(first=_.period.min())
    joined = lists.left_join(first, KEYS)
    return joined.select(*KEYS, since=ibis.coalesce(joined["first"], joined.present))
