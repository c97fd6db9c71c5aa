"""Design cards of projects as one, side by side, and from year to year."""

import dagster as dg
import ibis

from assets.contracts import contract_check, described, meaning
from pipelines.designs import cards, comparing
from schemas.contract import Contract
from schemas.designs import Cards, DesignChanges, Likeness, Pairs, SideBySide

SIDE_BY_SIDE = {"laid": dg.AssetIn(SideBySide.table().split("."))}


@dg.asset(
    key=Cards.table().split("."),
    ins={
        "design_cards": dg.AssetIn(["core", "design_cards"]),
        "form_answers": dg.AssetIn(["core", "form_answers"]),
    },
    description=meaning(Cards),
    metadata=described(Cards),
    kinds={"parquet"},
)
def design_cards_and_plans(design_cards: ibis.Table, form_answers: ibis.Table) -> ibis.Table:
    """Each fact of a project and year once."""
    return cards.cards(design_cards, form_answers)


@dg.asset(
    key=SideBySide.table().split("."),
    ins={"known": dg.AssetIn(Cards.table().split("."))},
    description=meaning(SideBySide),
    metadata=described(SideBySide),
    kinds={"parquet"},
)
def designs_side_by_side(known: ibis.Table) -> ibis.Table:
    """Every facet of every project, known or not."""
    return cards.side_by_side(known)


@dg.asset(
    key=Likeness.table().split("."),
    ins=SIDE_BY_SIDE,
    description=meaning(Likeness),
    metadata=described(Likeness),
    kinds={"parquet"},
)
def likeness_of_designs(laid: ibis.Table) -> ibis.Table:
    """Each facet: shared or not."""
    return comparing.likeness(laid)


@dg.asset(
    key=Pairs.table().split("."),
    ins=SIDE_BY_SIDE,
    description=meaning(Pairs),
    metadata=described(Pairs),
    kinds={"parquet"},
)
def pairs_of_designs(laid: ibis.Table) -> ibis.Table:
    """Each two projects: how much they share."""
    return comparing.pairs(laid)


@dg.asset(
    key=DesignChanges.table().split("."),
    ins=SIDE_BY_SIDE,
    description=meaning(DesignChanges),
    metadata=described(DesignChanges),
    kinds={"parquet"},
)
def changes_of_designs(laid: ibis.Table) -> ibis.Table:
    """Each facet beside the year before."""
    return comparing.changes(laid)


MADE: list[tuple[dg.AssetsDefinition, type[Contract]]] = [
    (design_cards_and_plans, Cards),
    (designs_side_by_side, SideBySide),
    (likeness_of_designs, Likeness),
    (pairs_of_designs, Pairs),
    (changes_of_designs, DesignChanges),
]
DESIGN_ASSETS = [asset for asset, _ in MADE]
design_checks = [contract_check(asset, contract) for asset, contract in MADE]
