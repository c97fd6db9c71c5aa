"""The groups each pupil is in, term by term."""

import dagster as dg
import ibis

from assets.contracts import contract_check, described, meaning
from assets.partitions import SINGLE_RUN, TERMS
from pipelines import groups
from schemas.groups import StudentTerms


@dg.asset(
    key=StudentTerms.table().split("."),
    ins={
        "enrolments": dg.AssetIn(
            ["core", "enrolments"], partition_mapping=dg.TimeWindowPartitionMapping()
        )
    },
    partitions_def=TERMS,
    backfill_policy=SINGLE_RUN,
    description=meaning(StudentTerms),
    metadata=described(StudentTerms),
    kinds={"parquet"},
)
def student_terms(enrolments: ibis.Table) -> ibis.Table:
    """Each pupil once per school and term."""
    return groups.student_terms(enrolments)


student_terms_keep_contract = contract_check(student_terms, StudentTerms)
