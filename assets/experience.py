"""Surveys, rating scales and interviews: judged, described, compared."""

import dagster as dg
import ibis

from assets.contracts import contract_check, described, meaning
from pipelines.experience import (
    agreement,
    changes,
    codings,
    distributions,
    rates,
    reliability,
    scores,
    themes,
)
from pipelines.experience import answers as judging
from schemas.codebooks import load_themes
from schemas.contract import Contract
from schemas.instruments import load_instruments
from schemas.interviews import (
    Agreement,
    Codings,
    Framework,
    InterviewThemes,
    Quotations,
    SchoolMethods,
)
from schemas.surveys import (
    Distributions,
    ItemSummaries,
    NonResponse,
    Reliability,
    ResponseRates,
    Scores,
    SurveyAnswers,
    SurveyChanges,
)

ALL = dg.AllPartitionMapping()


def _core(name: str) -> dg.AssetIn:
    return dg.AssetIn(["core", name], partition_mapping=ALL)


def _made(contract: type[Contract]) -> dg.AssetIn:
    return dg.AssetIn(contract.table().split("."))


@dg.asset(
    key=SurveyAnswers.table().split("."),
    ins={"responses": _core("survey_responses")},
    description=meaning(SurveyAnswers),
    metadata=described(SurveyAnswers),
    kinds={"parquet"},
)
def survey_answers(responses: ibis.Table) -> ibis.Table:
    """Every question put, with the answer and whether it counts."""
    return judging.answers(responses, load_instruments())


@dg.asset(
    key=ResponseRates.table().split("."),
    ins={"answers": _made(SurveyAnswers)},
    description=meaning(ResponseRates),
    metadata=described(ResponseRates),
    kinds={"parquet"},
)
def response_rates(answers: ibis.Table) -> ibis.Table:
    """How many of those asked answered."""
    return rates.response_rates(answers)


@dg.asset(
    key=NonResponse.table().split("."),
    ins={
        "answers": _made(SurveyAnswers),
        **{name: _core(name) for name in ("student_terms", "attendance", "participation")},
    },
    description=meaning(NonResponse),
    metadata=described(NonResponse),
    kinds={"parquet"},
)
def non_response(answers: ibis.Table, **known: ibis.Table) -> ibis.Table:
    """How many of those asked answered, group by group."""
    return rates.non_response(answers, known)


@dg.asset(
    key=Distributions.table().split("."),
    ins={"answers": _made(SurveyAnswers)},
    description=meaning(Distributions),
    metadata=described(Distributions),
    kinds={"parquet"},
)
def answer_distributions(answers: ibis.Table) -> ibis.Table:
    """How often each answer was given."""
    return distributions.distributions(answers, load_instruments())


@dg.asset(
    key=ItemSummaries.table().split("."),
    ins={"answers": _made(SurveyAnswers)},
    description=meaning(ItemSummaries),
    metadata=described(ItemSummaries),
    kinds={"parquet"},
)
def item_summaries(answers: ibis.Table) -> ibis.Table:
    """Each question in short."""
    return distributions.item_summaries(answers, load_instruments())


@dg.asset(
    key=Scores.table().split("."),
    ins={"answers": _made(SurveyAnswers)},
    description=meaning(Scores),
    metadata=described(Scores),
    kinds={"parquet"},
)
def survey_scores(answers: ibis.Table) -> ibis.Table:
    """The score of each respondent on each subscale."""
    return scores.scores(answers, load_instruments())


@dg.asset(
    key=SurveyChanges.table().split("."),
    ins={"answers": _made(SurveyAnswers), "scored": _made(Scores)},
    description=meaning(SurveyChanges),
    metadata=described(SurveyChanges),
    kinds={"parquet"},
)
def survey_changes(answers: ibis.Table, scored: ibis.Table) -> ibis.Table:
    """How the first answers differ from the last."""
    return changes.survey_changes(scored, answers, load_instruments())


@dg.asset(
    key=Reliability.table().split("."),
    ins={"answers": _made(SurveyAnswers)},
    description=meaning(Reliability),
    metadata=described(Reliability),
    kinds={"parquet"},
)
def scale_reliability(answers: ibis.Table) -> ibis.Table:
    """How well the questions of each subscale belong together."""
    return reliability.reliability(answers, load_instruments())


@dg.asset(
    key=Codings.table().split("."),
    ins={"segments": _core("interview_segments")},
    description=meaning(Codings),
    metadata=described(Codings),
    kinds={"parquet"},
)
def interview_codings(segments: ibis.Table) -> ibis.Table:
    """Every coding, without what was said."""
    return codings.codings(segments, load_themes())


@dg.asset(
    key=Quotations.table().split("."),
    ins={"segments": _core("interview_segments")},
    description=meaning(Quotations),
    metadata=described(Quotations),
    kinds={"parquet"},
)
def interview_quotations(segments: ibis.Table) -> ibis.Table:
    """What may be quoted."""
    return codings.quotations(segments, load_themes())


@dg.asset(
    key=Agreement.table().split("."),
    ins={"coded": _made(Codings)},
    description=meaning(Agreement),
    metadata=described(Agreement),
    kinds={"parquet"},
)
def coder_agreement(coded: ibis.Table) -> ibis.Table:
    """How far two coders agree."""
    return agreement.agreement(coded)


@dg.asset(
    key=InterviewThemes.table().split("."),
    ins={"coded": _made(Codings)},
    description=meaning(InterviewThemes),
    metadata=described(InterviewThemes),
    kinds={"parquet"},
)
def interview_themes(coded: ibis.Table) -> ibis.Table:
    """The start against six months later."""
    return themes.interview_themes(coded, load_themes())


@dg.asset(
    key=Framework.table().split("."),
    ins={"coded": _made(Codings)},
    description=meaning(Framework),
    metadata=described(Framework),
    kinds={"parquet"},
)
def framework_matrix(coded: ibis.Table) -> ibis.Table:
    """Success factors and obstacles with their sources."""
    return themes.framework(coded, load_themes())


@dg.asset(
    key=SchoolMethods.table().split("."),
    ins={"coded": _made(Codings)},
    description=meaning(SchoolMethods),
    metadata=described(SchoolMethods),
    kinds={"parquet"},
)
def school_methods(coded: ibis.Table) -> ibis.Table:
    """Methods and selection school by school."""
    return themes.school_methods(coded, load_themes())


experience_checks = [
    contract_check(asset, contract)
    for asset, contract in (
        (survey_answers, SurveyAnswers),
        (response_rates, ResponseRates),
        (non_response, NonResponse),
        (answer_distributions, Distributions),
        (item_summaries, ItemSummaries),
        (survey_scores, Scores),
        (survey_changes, SurveyChanges),
        (scale_reliability, Reliability),
        (interview_codings, Codings),
        (interview_quotations, Quotations),
        (coder_agreement, Agreement),
        (interview_themes, InterviewThemes),
        (framework_matrix, Framework),
        (school_methods, SchoolMethods),
    )
]
