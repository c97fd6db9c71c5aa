"""What a school reads in a template: what each sheet is for, what each column means, in Swedish.

The one place for these words. A contract may also carry them itself, as ``metadata={"sv": ...}``
on its field. Names of columns, types, limits and code lists are not repeated here: a template
takes them from the contract.
"""

from typing import NamedTuple

from schemas.contract import Contract


class Sheet(NamedTuple):
    """What a template is called and for.

    Attributes:
        title: Name of the sheet to fill in, at most 31 characters.
        purpose: One or two sentences for the person who fills it in.
    """

    title: str
    purpose: str


SHEETS: dict[str, Sheet] = {
    "core.attendance": Sheet(
        "Närvaro",
        "En rad per elev i årskurs 7-9 som varit inskriven under månaden. All tid anges i hela "
        "minuter. En elev som bytt skola under månaden redovisas av båda skolorna.",
    ),
    "core.enrolments": Sheet(
        "Elever",
        "Skolans elevregister för terminen: en rad per elev och inskrivningsperiod. En elev som "
        "börjat eller slutat under terminen ska vara med.",
    ),
    "core.grades": Sheet(
        "Betyg",
        "En rad per elev och ämne: det senaste betygsbeslutet vid terminens slut. Betyg efter "
        "prövning eller sommarskola ska inte vara med.",
    ),
    "core.participation": Sheet(
        "Deltagande",
        "Projektets register för terminen: en rad per elev och stödperiod som pågått någon gång "
        "under terminen, även de som avslutats.",
    ),
    "core.support_contacts": Sheet(
        "Kontakter",
        "Stöd som projektet gett under månaden: en rad per elev, slag av stöd och om eleven nåtts "
        "direkt eller indirekt. En elev som ingen kan namnge ska inte vara med.",
    ),
    "core.unnamed_reach": Sheet(
        "Nådda utan namn",
        "Hur många elever projektet nått indirekt under terminen utan att kunna namnge dem: en "
        "enda rad. De som står bland kontakterna ska inte räknas.",
    ),
    "core.costs": Sheet(
        "Kostnader",
        "Projektets kostnader för läsåret: en rad per kostnadsslag, hela kronor.",
    ),
    "core.joint_costs": Sheet(
        "Gemensamma kostnader",
        "Kostnader som projekten har tillsammans under läsåret, som samordning, nätverk och "
        "utbildning: en rad per kostnadsslag, hela kronor.",
    ),
    "core.price_index": Sheet(
        "Prisindex",
        "Ett prisindex för hela läsår, t.ex. SKR:s prisindex för kommunal verksamhet (PKV). "
        "Alla läsår ska vara med i samma fil.",
    ),
    "core.applications": Sheet(
        "Ansökningar",
        "Vad projekten sökt för året: en rad per projekt och bidrag, hela kronor.",
    ),
    "core.grants": Sheet(
        "Bidragsbeslut",
        "Vad nämnden beviljat för året: en rad per projekt, bidrag och beslut, hela kronor. Ett "
        "senare beslut läggs till det tidigare.",
    ),
    "core.payments": Sheet(
        "Utbetalningar",
        "Utbetalningar och återbetalningar av årets bidrag: en rad per projekt, bidrag, riktning "
        "och dag. Flera betalningar samma dag läggs ihop.",
    ),
    "core.grant_conditions": Sheet(
        "Bidragsvillkor",
        "Villkoren för årets verksamhetsbidrag: en rad per projekt och villkor.",
    ),
    "core.budgets": Sheet(
        "Budget",
        "Vad projektet avser att använda årets bidrag till: en rad per bidrag och kostnadsslag, "
        "hela kronor.",
    ),
    "core.accounts": Sheet(
        "Redovisning",
        "Vad projektet använt årets bidrag till: en rad per bidrag och kostnadsslag, hela kronor. "
        "Lämnas senast den 30 november.",
    ),
    "core.target_group_estimates": Sheet(
        "Målgruppens storlek",
        "Skolans egen uppskattning av hur många av eleverna i årskurs 7-9 som hör till målgruppen "
        "i början av terminen: en enda rad. Uppskatta utan att först räkna i betyg och frånvaro.",
    ),
    "core.selection_criteria": Sheet(
        "Urval",
        "Vad skolan väljer ut elever till stödet efter: en rad för varje kriterium som faktiskt "
        "används. Inga elever anges.",
    ),
    "core.school_absence": Sheet(
        "Skolans frånvaro",
        "För en skola som bara kan lämna summor: en rad för hela skolan, eller en per årskurs. "
        "Inga elever anges.",
    ),
    "core.survey_responses": Sheet(
        "Enkätsvar",
        "En rad per person och fråga. En fråga som inte besvarats är en rad med tomt svar. "
        "Fritext ska aldrig vara med.",
    ),
    "core.design_cards": Sheet(
        "Designkort",
        "Hur projektet är uppbyggt och arbetar under året: en rad per egenskap och svar. En "
        "egenskap med flera svar har en rad för varje.",
    ),
    "core.targets": Sheet(
        "Ambitioner",
        "Vad ansökan lovar för året: en rad per mått, med värdet året före enligt ansökan. För "
        "alla projekt tillsammans skrivs staden som projektets kod.",
    ),
    "core.stated_figures": Sheet(
        "Uppgifter",
        "Uppgifter som står i ett dokument, så som de står där: en rad per uppgift.",
    ),
    "core.interview_segments": Sheet(
        "Intervjuer",
        "Kodade intervjuer: en rad per avsnitt och tema som kodaren letat efter, även när temat "
        "inte finns där. Ange aldrig namn eller personnummer.",
    ),
    "core.districts": Sheet("Stadsdelar", "Stadens stadsdelsområden: en rad per stadsdel."),
    "core.schools": Sheet("Skolor", "Stadens skolenheter: en rad per skolenhetskod."),
    "core.projects": Sheet("Projekt", "Lokala projekt: en rad per projekt."),
    "core.project_schools": Sheet(
        "Projektskolor", "Vilka skolor varje projekt omfattar, och under vilka terminer."
    ),
}
"""Sheets by table."""

EVERYWHERE: dict[str, str] = {
    "student_id": "Elevens personnummer med tolv siffror (ÅÅÅÅMMDDNNNN), samordningsnummer, eller "
    "tillfälligt nummer (ÅÅÅÅMMDDTFNN). Numret ersätts av en slumpad nyckel när filen tas emot.",
    "school_id": "Skolenhetskoden i Skolverkets skolenhetsregister, åtta siffror.",
    "month": "Kalendermånaden som raden gäller, ÅÅÅÅ-MM. Samma som i filens namn.",
    "term": "Terminen som raden gäller: ÅÅÅÅHT eller ÅÅÅÅVT. Samma som i filens namn.",
    "school_year": "Läsåret som raden gäller, t.ex. 2015/16. Samma som i filens namn.",
    "kind": "Vad bidraget är till: projektets verksamhet eller handledning.",
    "year": "Kalenderåret som raden gäller, ÅÅÅÅ. Samma som i filens namn.",
    "project_id": "Projektets kod, samma i alla filer från projektet.",
    "district_id": "Stadsdelens kod. Koderna står på bladet Kodlistor.",
    "subject_code": "Ämneskod enligt Skolverket, t.ex. MA. Moderna språk och modersmål "
    "skrivs M1, M2 eller ML följt av språkkoden, t.ex. M2FRA.",
}
"""Meanings that are the same in every table."""

MEANINGS: dict[tuple[str, str], str] = {
    ("core.attendance", "scheduled_minutes"): "Undervisningstid som eleven erbjudits enligt "
    "schemat under månaden.",
    ("core.attendance", "reported_minutes"): "Den del av den schemalagda tiden där någon fyllt i "
    "om eleven var där. Tid som inte rapporterats räknas varken som närvaro eller frånvaro.",
    ("core.attendance", "authorised_absence_minutes"): "Anmäld sjukfrånvaro och beviljad ledighet.",
    ("core.attendance", "unauthorised_absence_minutes"): "Frånvaro utan giltigt skäl. Sen "
    "ankomst räknas in här.",
    ("core.attendance", "late_minutes"): "Den del av den ogiltiga frånvaron som är sen ankomst. "
    "Skriv 0 om den inte mäts särskilt.",
    ("core.attendance", "other_activity_minutes"): "Annan aktivitet i skolans regi, t.ex. "
    "elevråd. Räknas inte som frånvaro.",
    ("core.school_absence", "grade_level"): "Årskursen som summan gäller. Tomt för hela skolan.",
    ("core.school_absence", "pupils"): "Antal elever som summan gäller. Får vara tomt.",
    ("core.school_absence", "scheduled_minutes"): "Undervisningstid enligt schemat, alla elever "
    "tillsammans, i minuter.",
    ("core.school_absence", "reported_minutes"): "Den del av den schemalagda tiden där någon "
    "fyllt i om eleverna var där, i minuter.",
    ("core.school_absence", "authorised_absence_minutes"): "Anmäld sjukfrånvaro och beviljad "
    "ledighet, alla elever tillsammans, i minuter.",
    ("core.school_absence", "unauthorised_absence_minutes"): "Frånvaro utan giltigt skäl, alla "
    "elever tillsammans, i minuter. Sen ankomst räknas in.",
    ("core.survey_responses", "instrument"): "Enkätens kod, samma som i filens namn.",
    ("core.survey_responses", "project_id"): "Koden för det projekt vars deltagare svarat. Tomt "
    "om alla elever fick enkäten.",
    ("core.survey_responses", "item_code"): "Frågans kod i enkäten.",
    ("core.survey_responses", "answer"): "Svaret som ett heltal på enkätens egen skala. Tomt om "
    "frågan inte besvarats.",
    ("core.interview_segments", "school_id"): "Skolenhetskoden för den skola personen talar om. "
    "Tomt om det inte är en enda skola.",
    ("core.interview_segments", "interview_round"): "Om intervjun är den vid start eller den efter "
    "sex månader.",
    ("core.interview_segments", "informant"): "En kod för den som intervjuats, samma i båda "
    "omgångarna. Aldrig ett namn.",
    ("core.interview_segments", "informant_role"): "Vilken roll den intervjuade har.",
    ("core.interview_segments", "segment_no"): "Avsnittets nummer i intervjun, samma för alla "
    "kodare.",
    ("core.interview_segments", "coder"): "En kod för den som kodat, samma som i filens namn. "
    "Aldrig ett namn.",
    ("core.interview_segments", "theme"): "Temats kod i kodboken.",
    ("core.interview_segments", "is_present"): "Ja om temat finns i avsnittet, annars nej.",
    (
        "core.interview_segments",
        "quotation",
    ): "Ordagrant citat. Får vara tomt. Lämnar inte systemet om inte nästa kolumn säger ja.",
    ("core.interview_segments", "may_be_quoted"): "Ja om citatet får lämnas ut. Tomt räknas som "
    "nej.",
    ("core.enrolments", "grade_level"): "Elevens årskurs under terminen.",
    ("core.enrolments", "class_name"): "Klassens namn som skolan skriver det. Får vara tomt.",
    ("core.enrolments", "start_date"): "Första dagen eleven var inskriven på skolan.",
    ("core.enrolments", "end_date"): "Sista dagen eleven var inskriven. Tomt om eleven går kvar.",
    ("core.enrolments", "residence_district_id"): "Koden för den stadsdel där eleven är "
    "folkbokförd. Tomt för en elev från en annan kommun.",
    ("core.enrolments", "newly_arrived"): "Om eleven är nyanländ enligt skollagen 3 kap. 12 a §: "
    "högst fyra års skolgång i Sverige.",
    ("core.grades", "scale_id"): "Betygsskalan: A-F från hösten 2012, G-MVG dessförinnan.",
    ("core.grades", "mark"): "Betyget. Streck (-) om underlag saknas på grund av frånvaro; "
    "adapted om ämnet inte läses på grund av anpassad studiegång. Inget av dem är ett F.",
    ("core.grades", "is_final"): "Ja för slutbetyg i slutet av årskurs 9, annars nej.",
    ("core.participation", "school_id"): "Skolenhetskoden för den skola eleven gick på när "
    "stödet började.",
    ("core.participation", "start_date"): "Första dagen eleven fick stöd av projektet.",
    ("core.participation", "planned_end_date"): "Sista dagen enligt planen när stödet började. "
    "Får vara tomt.",
    ("core.participation", "end_date"): "Sista dagen eleven fick stöd. Tomt så länge stödet pågår.",
    ("core.participation", "end_reason"): "Varför stödet slutade. Fylls i när slutdatum fylls i, "
    "annars tomt.",
    ("core.support_contacts", "kind"): "Vad kontakten gick ut på.",
    ("core.support_contacts", "way"): "Direkt om någon i teamet mötte eleven. Indirekt om eleven "
    "nåddes genom klassen, vårdnadshavarna eller skolans personal.",
    ("core.support_contacts", "contacts"): "Antal tillfällen under månaden.",
    ("core.support_contacts", "minutes"): "Hur lång tid tillfällena tog tillsammans, i hela "
    "minuter. Restid räknas inte.",
    (
        "core.unnamed_reach",
        "pupils",
    ): "Varje elev en gång. Skriv 0 om ingen nåtts så; lämna inte in bladet om ni inte vet.",
    ("core.target_group_estimates", "low"): "Det lägsta antal elever som skolan håller för "
    "rimligt.",
    ("core.target_group_estimates", "mid"): "Det antal elever som skolan tror mest på, från lägst "
    "till högst.",
    ("core.target_group_estimates", "high"): "Det högsta antal elever som skolan håller för "
    "rimligt, inte fler än skolan har i årskurs 7-9.",
    ("core.selection_criteria", "criterion"): "Ett kriterium som skolan väljer elever efter.",
    ("core.design_cards", "facet"): "Egenskapen som raden beskriver.",
    ("core.design_cards", "code"): "Svaret, om egenskapen har svar att välja bland. Vilka som hör "
    "till vilken egenskap står i beskrivningen av designkort.",
    ("core.design_cards", "value"): "Svaret, om egenskapen är ett tal.",
    ("core.targets", "measure"): "Vad som utlovas.",
    ("core.targets", "target"): "Det utlovade antalet; andelar i procent.",
    ("core.targets", "previous_value"): "Värdet året före, så som ansökan anger det. Får vara "
    "tomt.",
    ("core.stated_figures", "document"): "Dokumentets kod, samma som i filens namn.",
    ("core.stated_figures", "section"): "Sida eller avsnitt där uppgiften står.",
    ("core.stated_figures", "measure"): "Vad uppgiften handlar om.",
    ("core.stated_figures", "statistic"): "Om uppgiften är själva antalet, en förändring eller en "
    "procentsats.",
    ("core.stated_figures", "as_of"): "Sista dagen som uppgiften gäller, t.ex. 2016-07-31.",
    ("core.stated_figures", "compared_as_of"): "För en förändring: sista dagen för det som den "
    "räknas från. Annars tomt.",
    ("core.stated_figures", "stated"): "Uppgiften som den står i dokumentet.",
    ("core.stated_figures", "rounding"): "Vad uppgiften är avrundad till: 1 för heltal, 10 för "
    "cirka 200.",
    ("core.stated_figures", "definition"): "Vad som räknas, enligt dokumentet. Får vara tomt.",
    ("core.stated_figures", "population"): "Bland vilka, enligt dokumentet. Får vara tomt.",
    ("core.costs", "category"): "Vad pengarna gick till.",
    ("core.costs", "amount_sek"): "Kostnad under läsåret i hela kronor.",
    ("core.joint_costs", "category"): "Vad pengarna gick till.",
    ("core.joint_costs", "amount_sek"): "Kostnad under läsåret i hela kronor.",
    ("core.price_index", "school_year"): "Läsåret som indextalet gäller, t.ex. 2015/16.",
    ("core.price_index", "price_level"): "Indextalet för läsåret. Bara förhållandet mellan läsåren "
    "används, så basåret spelar ingen roll.",
    ("core.applications", "schools"): "Antal skolor som ansökan gäller.",
    ("core.applications", "pupils"): "Antal elever som projektet avser att ge stöd. Får vara tomt.",
    ("core.applications", "applied_sek"): "Sökt belopp för året i hela kronor.",
    ("core.grants", "decided_on"): "Dagen för beslutet.",
    ("core.grants", "granted_sek"): "Beviljat belopp i beslutet, i hela kronor.",
    ("core.payments", "movement"): "Utbetalning till projektet, eller återbetalning från det.",
    ("core.payments", "paid_on"): "Dagen då pengarna betalades.",
    ("core.payments", "amount_sek"): "Belopp i hela kronor, utan minustecken.",
    ("core.grant_conditions", "condition"): "Vilket villkor raden gäller.",
    ("core.grant_conditions", "met_on"): "Dagen då villkoret uppfylldes. Tomt om det inte är "
    "uppfyllt.",
    ("core.budgets", "category"): "Vad pengarna ska gå till.",
    ("core.budgets", "amount_sek"): "Planerat belopp i hela kronor.",
    ("core.accounts", "category"): "Vad pengarna gick till.",
    ("core.accounts", "amount_sek"): "Använt belopp i hela kronor.",
    ("core.districts", "district_name"): "Stadsdelens namn som det ska stå i rapporter.",
    ("core.schools", "school_name"): "Skolans namn som det ska stå i rapporter.",
    ("core.schools", "valid_from"): "Första dagen skolenhetskoden gällde, ÅÅÅÅ-MM-DD.",
    ("core.schools", "valid_to"): "Sista dagen skolenhetskoden gällde, ÅÅÅÅ-MM-DD. Tomt så länge "
    "den gäller.",
    ("core.projects", "project_name"): "Projektets namn som det ska stå i rapporter.",
    ("core.project_schools", "first_term"): "Första terminen projektet omfattade skolan: ÅÅÅÅHT "
    "eller ÅÅÅÅVT.",
    ("core.project_schools", "last_term"): "Sista terminen projektet omfattade skolan. Tomt så "
    "länge den omfattas.",
    ("core.project_schools", "basis"): "Om projektet tar emot elever efter skola eller efter "
    "stadsdelen de bor i.",
}
"""Meanings by table and column, where they differ."""


def sheet_of(contract: type[Contract]) -> Sheet:
    """What a table's template is called and for; the table's own name where no words are given."""
    name = contract.table().partition(".")[2]
    return SHEETS.get(contract.table(), Sheet(name[:31], ""))


def meaning_sv(contract: type[Contract], column: str) -> str | None:
    """What a column means, in Swedish; None where nobody has said it."""
    own = (contract.to_schema().columns[column].metadata or {}).get("sv")
    told = MEANINGS.get((contract.table(), column)) or EVERYWHERE.get(column)
    return None if own is None and told is None else str(own or told)
