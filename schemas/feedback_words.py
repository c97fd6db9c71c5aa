"""What a school is told of each fault: the rule in words, and what to do.

The one table of words for every reason that judging can give. ``{heading}`` is the column as the
file names it, ``{limit}`` a number, ``{choices}`` the spellings allowed, ``{detail}`` what the
reason itself names (a heading, a sheet); never a value of a record.
"""

from typing import NamedTuple

from schemas.contract import (
    MONTH_PATTERN,
    NAME_PATTERN,
    SCHOOL_PATTERN,
    SCHOOL_YEAR_PATTERN,
    TERM_PATTERN,
)
from schemas.grading import SUBJECT_PATTERN


class Phrase(NamedTuple):
    """A rule and its remedy, in Swedish and in English.

    Attributes:
        sv: What is wrong, in Swedish.
        sv_remedy: What to do, in Swedish.
        en: What is wrong, in English.
        en_remedy: What to do, in English.
    """

    sv: str
    sv_remedy: str
    en: str
    en_remedy: str


VALUE_WORDS: dict[str, Phrase] = {
    "missing": Phrase(
        "Cellen är tom, men kolumnen {heading} måste fyllas i.",
        "Fyll i ett värde.",
        "The cell is empty, but {heading} must be filled in.",
        "Fill in a value.",
    ),
    "not int64": Phrase(
        "Värdet är inget heltal.",
        "Skriv ett heltal med siffror, utan decimaler, mellanslag, enhet eller text.",
        "The value is not a whole number.",
        "Write digits only: no decimals, blanks, unit or text.",
    ),
    "not float64": Phrase(
        "Värdet är inget tal.",
        "Skriv ett tal med siffror, utan enhet eller text.",
        "The value is not a number.",
        "Write a number without unit or text.",
    ),
    "not date": Phrase(
        "Värdet är inget datum.",
        "Skriv datumet som ÅÅÅÅ-MM-DD, t.ex. 2016-03-01, och kontrollera att dagen finns.",
        "The value is not a date.",
        "Write the date as YYYY-MM-DD, such as 2016-03-01; the day must exist.",
    ),
    "not boolean": Phrase(
        "Värdet är varken ja eller nej.",
        "Skriv ett av de värden som finns i listan.",
        "The value is neither yes nor no.",
        "Write one of the values of the list.",
    ),
    "not one of the codes": Phrase(
        "Värdet finns inte i kodlistan för {heading}.",
        "Välj ett av: {choices}.",
        "The value is not in the code list of {heading}.",
        "Choose one of: {choices}.",
    ),
    "number_format": Phrase(
        "Talet har fel decimaltecken.",
        "Skriv talet med det decimaltecken som övriga tal i filen har.",
        "The number has the wrong decimal sign.",
        "Write it with the decimal sign of the other numbers in the file.",
    ),
    "not a date as this sender writes them": Phrase(
        "Datumet är inte skrivet som i resten av filen.",
        "Skriv datumet på samma sätt som i tidigare filer från samma system.",
        "The date is not written as this system writes dates.",
        "Write it as in earlier files of the same system.",
    ),
    "not the one in the file name": Phrase(
        "Värdet stämmer inte med filens namn.",
        "Rätta cellen, eller döp om filen om det är filnamnet som är fel. En fil gäller en "
        "enda skola eller ett enda projekt, och en enda period.",
        "The value is not the one in the file's name.",
        "Correct the cell, or rename the file if its name is wrong. A file is about one school "
        "or project, and one period.",
    ),
    "not an identity number": Phrase(
        "Värdet är inget personnummer, samordningsnummer eller tillfälligt nummer.",
        "Skriv tolv siffror (ÅÅÅÅMMDDNNNN); tillfälligt nummer skrivs ÅÅÅÅMMDDTFNN. Är det "
        "siffror som fattas kan Excel ha tagit bort en inledande nolla: formatera cellen som text.",
        "The value is no personal, co-ordination or temporary number.",
        "Write twelve digits (YYYYMMDDNNNN); a temporary number is YYYYMMDDTFNN. If digits are "
        "missing, Excel may have dropped a leading zero: format the cell as text.",
    ),
    "not a date of birth": Phrase(
        "Numrets första siffror är inget födelsedatum.",
        "Jämför personnumret med elevregistret.",
        "The first digits of the number are no date of birth.",
        "Compare the number with the pupil register.",
    ),
    "born in the future": Phrase(
        "Enligt numret är eleven född efter dagens datum.",
        "Jämför personnumrets första siffror med elevregistret.",
        "By the number the pupil is born after today.",
        "Compare the first digits of the number with the pupil register.",
    ),
    "age outside that of pupils": Phrase(
        "Enligt personnumret är eleven för ung eller för gammal för att gå i skolan då.",
        "Jämför personnumrets första siffror med elevregistret. Raden kan också gälla någon annan "
        "än en elev: ta då bort den.",
        "By the number the pupil is too young or too old to be in school then.",
        "Compare the first digits of the number with the pupil register. If the row is about "
        "somebody else than a pupil, remove it.",
    ),
    "wrong check digit": Phrase(
        "Personnumrets kontrollsiffra (den sista siffran) stämmer inte.",
        "Det är oftast ett skrivfel: jämför alla siffror med elevregistret.",
        "The check digit (the last digit) of the number is wrong.",
        "Usually a slip of the pen: compare every digit with the pupil register.",
    ),
    "a school's temporary number says whose it is only beside the school": Phrase(
        "Ett tillfälligt nummer hör till en skola, och filen säger inte vilken.",
        "Skriv elevens personnummer eller samordningsnummer. Har eleven inget kan raden inte tas "
        "emot: ta bort den och räkna eleven bland dem som nåtts utan namn.",
        "A temporary number belongs to a school, and the file does not say which.",
        "Write the pupil's personal or co-ordination number. Without one the row cannot be taken: "
        "remove it, and count the pupil among those reached without a name.",
    ),
    "not whole minutes, or hours as this report writes them": Phrase(
        "Värdet är varken hela minuter eller timmar så som rapporten skriver dem.",
        "Exportera rapporten på nytt och ändra inte siffrorna.",
        "The value is neither whole minutes nor hours as this report writes them.",
        "Export the report again and leave its figures as they are.",
    ),
    "not a percentage as this report writes it": Phrase(
        "Värdet är ingen procentsats så som rapporten skriver den.",
        "Exportera rapporten på nytt och ändra inte siffrorna.",
        "The value is no percentage as this report writes it.",
        "Export the report again and leave its figures as they are.",
    ),
    "does not agree with .+": Phrase(
        "Procentsatsen stämmer inte med tiden på samma rad.",
        "Exportera rapporten på nytt; har någon ändrat i den ska det göras om i systemet.",
        "The percentage does not agree with the time in the same record.",
        "Export the report again; if somebody changed it, do it in the system instead.",
    ),
}
"""Words for what can be wrong with one value, by a pattern for what follows ``column:``."""

CHECK_WORDS: dict[str, Phrase] = {
    "greater_than_or_equal_to": Phrase(
        "Värdet är mindre än {limit}, det minsta som får stå i {heading}.",
        "Kontrollera värdet och rätta det.",
        "The value is below {limit}, the least {heading} may be.",
        "Check the value and correct it.",
    ),
    "greater_than": Phrase(
        "Värdet måste vara större än {limit}.",
        "Kontrollera värdet och rätta det.",
        "The value must be above {limit}.",
        "Check the value and correct it.",
    ),
    "less_than_or_equal_to": Phrase(
        "Värdet är större än {limit}, det största som får stå i {heading}.",
        "Kontrollera värdet och att det står i rätt enhet.",
        "The value is above {limit}, the most {heading} may be.",
        "Check the value and its unit.",
    ),
    "less_than": Phrase(
        "Värdet måste vara mindre än {limit}.",
        "Kontrollera värdet och att det står i rätt enhet.",
        "The value must be below {limit}.",
        "Check the value and its unit.",
    ),
    "in_range": Phrase(
        "Värdet ligger utanför det som är möjligt i {heading}: {limit}.",
        "Kontrollera värdet och att det står i rätt enhet.",
        "The value is outside what {heading} may be: {limit}.",
        "Check the value and its unit.",
    ),
    "isin": Phrase(
        "Värdet är inget av dem som får stå i {heading}.",
        "Skriv ett av: {choices}.",
        "The value is none of those {heading} may hold.",
        "Write one of: {choices}.",
    ),
    "str_length": Phrase(
        "Texten är för kort eller för lång.",
        "Korta texten, eller fyll i den.",
        "The text is too short or too long.",
        "Shorten it, or fill it in.",
    ),
}
"""Words for the checks of a column, by the check's name; a pattern has words of its own."""

PATTERN_WORDS: dict[str, Phrase] = {
    MONTH_PATTERN: Phrase(
        "Månaden är inte skriven som år och månad.",
        "Skriv månaden som ÅÅÅÅ-MM, t.ex. 2016-03. Gör Excel om den till ett datum: "
        "formatera cellen som text först.",
        "The month is not written as year and month.",
        "Write it as YYYY-MM, such as 2016-03. If Excel makes a date of it, format the cell as "
        "text first.",
    ),
    TERM_PATTERN: Phrase(
        "Terminen är inte skriven som år och HT eller VT.",
        "Skriv terminen som 2015HT eller 2016VT, utan mellanslag.",
        "The term is not written as year and HT or VT.",
        "Write it as 2015HT or 2016VT, without a blank.",
    ),
    SCHOOL_YEAR_PATTERN: Phrase(
        "Läsåret är inte skrivet med två årtal.",
        "Skriv läsåret som 2015/16.",
        "The school year is not written with two years.",
        "Write it as 2015/16.",
    ),
    SCHOOL_PATTERN: Phrase(
        "Värdet är ingen skolenhetskod.",
        "Skriv koden som i Skolverkets register, med siffror och stora bokstäver utan mellanslag.",
        "The value is no school unit code.",
        "Write the code as in the national register: digits and capitals, no blanks.",
    ),
    NAME_PATTERN: Phrase(
        "Värdet är ingen kod.",
        "Skriv koden med små bokstäver, siffror och bindestreck, utan å, ä, ö och mellanslag. "
        "Koderna står på bladet Kodlistor.",
        "The value is no code.",
        "Write small letters a-z, digits and hyphens, no blanks. The codes stand on the sheet "
        "Kodlistor.",
    ),
    SUBJECT_PATTERN: Phrase(
        "Värdet är ingen ämneskod.",
        "Skriv ämneskoden med stora bokstäver, t.ex. MA eller SVA; moderna språk och "
        "modersmål som M1, M2 eller ML följt av språkkoden. Se bladet Kodlistor.",
        "The value is no subject code.",
        "Write it in capitals, such as MA or SVA; languages as M1, M2 or ML followed by the "
        "language's three letters. See the sheet Kodlistor.",
    ),
    r"^\d{4}-\d{2}-\d{2}$": Phrase(
        "Datumet är inte skrivet som ÅÅÅÅ-MM-DD.",
        "Skriv datumet som 2016-03-01.",
        "The date is not written as YYYY-MM-DD.",
        "Write it as 2016-03-01.",
    ),
    r"^([01]\d|2[0-3]):[0-5]\d$": Phrase(
        "Klockslaget är inte skrivet som TT:MM.",
        "Skriv klockslaget med fyra siffror och kolon, t.ex. 08:10.",
        "The time is not written as HH:MM.",
        "Write four digits and a colon, such as 08:10.",
    ),
    r"^\d{4}(/\d{2})?$": Phrase(
        "Året är inte skrivet som ett årtal eller ett läsår.",
        "Skriv 2016 eller 2015/16.",
        "The year is written neither as a year nor as a school year.",
        "Write 2016 or 2015/16.",
    ),
    r"^\d{4}$": Phrase(
        "Året är inte skrivet med fyra siffror.",
        "Skriv årtalet som 2016.",
        "The year is not written with four digits.",
        "Write it as 2016.",
    ),
    r"^[0-9A-Z]{1,12}$": Phrase(
        "Värdet är ingen områdeskod.",
        "Skriv koden med siffror och stora bokstäver, utan mellanslag.",
        "The value is no area code.",
        "Write digits and capitals, no blanks.",
    ),
    r"^[0-9a-f]{32}$": Phrase(
        "Eleven kan inte kännas igen.",
        "Jämför personnumret med elevregistret.",
        "The pupil cannot be recognised.",
        "Compare the number with the pupil register.",
    ),
}
"""Words for text that must fit a pattern, by the pattern."""

RULE_WORDS: dict[str, Phrase] = {
    "answer_is_of_its_kind": Phrase(
        "Svaret är inte av det slag som frågan ber om, eller så finns frågan inte i formuläret.",
        "Svara i den mall som skickats ut och ändra inte kolumnen Nyckel.",
        "The answer is not of the kind the question asks for, or the form has no such question.",
        "Answer in the form that was sent out and leave the column Nyckel as it is.",
    ),
    "change_says_from_when": Phrase(
        "En förändring måste ha ett tidigare datum att jämföra med, och bara en förändring har "
        "det.",
        "Fyll i kolumnen Jämfört med för en förändring, med en dag före Till och med; lämna den "
        "annars tom.",
        "A change needs an earlier day to be counted from, and only a change has one.",
        "Fill in the day compared with for a change, before the last day counted; else leave it "
        "empty.",
    ),
    "answer_belongs_to_facet": Phrase(
        "Svaret hör inte till egenskapen: en del egenskaper har ett svar ur listan, andra ett tal.",
        "Välj ett svar som hör till egenskapen, eller skriv talet i kolumnen Tal.",
        "The answer does not belong to the facet: some have one of a list, others a number.",
        "Choose an answer that belongs to the facet, or write the number in its column.",
    ),
    "reported_within_scheduled": Phrase(
        "Rapporterad tid är längre än schemalagd tid.",
        "Rätta någon av de två tiderna; rapporterad tid är en del av den schemalagda.",
        "More time is reported than was scheduled.",
        "Correct one of the two; time reported is a part of time scheduled.",
    ),
    "absence_within_reported": Phrase(
        "Giltig frånvaro, ogiltig frånvaro och annan skolaktivitet är tillsammans mer än den "
        "rapporterade tiden.",
        "Kontrollera tiderna och jämför dem med den rapporterade tiden; allt anges i minuter.",
        "Authorised absence, unauthorised absence and other activity exceed the time reported.",
        "Check the three and the time reported; all are minutes.",
    ),
    "late_within_unauthorised": Phrase(
        "Sen ankomst är mer än den ogiltiga frånvaron.",
        "Sen ankomst är en del av den ogiltiga frånvaron och ska räknas in i den.",
        "Lateness exceeds unauthorised absence.",
        "Lateness is a part of unauthorised absence and is counted in it.",
    ),
    "absence_within_lesson": Phrase(
        "Frånvaron är längre än lektionen.",
        "Rätta frånvaron eller lektionens längd; båda anges i minuter.",
        "The absence is longer than the lesson.",
        "Correct the absence or the length of the lesson; both are minutes.",
    ),
    "absence_within_day": Phrase(
        "Frånvaron är längre än skoldagen.",
        "Rätta frånvaron eller dagens längd; båda anges i minuter.",
        "The absence is longer than the school day.",
        "Correct the absence or the length of the day; both are minutes.",
    ),
    "scheduled_within_pupils": Phrase(
        "Den schemalagda tiden är längre än vad så många elever kan ha haft på en månad.",
        "Kontrollera antalet elever, och att tiden står i minuter.",
        "More time is scheduled than so many pupils can have had in a month.",
        "Check the number of pupils, and that the time is in minutes.",
    ),
    "ends_after_it_starts": Phrase(
        "Slutdatumet ligger före startdatumet.",
        "Rätta något av de två datumen; har tiden inte tagit slut ska slutdatumet vara tomt.",
        "The end lies before the start.",
        "Correct one of the two dates; leave the end empty while it lasts.",
    ),
    "quotation_holds_no_identity_number": Phrase(
        "Citatet innehåller något som liknar ett personnummer.",
        "Ta bort numret ur citatet. Skriv inte heller namn.",
        "The quotation holds what looks like an identity number.",
        "Take the number out of the quotation. Write no names either.",
    ),
    "reason_belongs_to_an_end": Phrase(
        "Slutdatum och avslutsorsak hör ihop, men bara det ena är ifyllt.",
        "Fyll i båda om stödet har slutat; lämna båda tomma om det pågår.",
        "An end and its reason belong together, but only one is given.",
        "Give both if the support has ended; leave both empty while it lasts.",
    ),
    "estimates_are_in_order": Phrase(
        "Det troligaste antalet ligger inte mellan det lägsta och det högsta.",
        "Rätta talen så att lägst är minst och högst är störst; de får vara lika.",
        "The likeliest number does not lie between the fewest and the most.",
        "Correct the numbers so that they grow from fewest to most; they may be equal.",
    ),
    "mark_is_in_scale": Phrase(
        "Betyget finns inte i den betygsskala som anges.",
        "Rätta betyget eller betygsskalan; A-F gäller från höstterminen 2012.",
        "The mark does not exist in the scale given.",
        "Correct the mark or the scale; A-F applies from autumn 2012.",
    ),
    "only_reported_cells_have_values": Phrase(
        "Värde och status stämmer inte: bara en redovisad uppgift har ett värde.",
        "Ta bort värdet eller rätta statusen.",
        "Value and state disagree: only a reported cell has a value.",
        "Remove the value or correct the state.",
    ),
}
"""Words for the rules across columns, by the rule's name in its contract."""

RECORD_WORDS: dict[str, Phrase] = {
    "no question of the form has this key": Phrase(
        "Ingen fråga i formuläret har nyckeln som står i kolumnen Nyckel.",
        "Svara i den mall som skickats ut för året och ändra inte kolumnen Nyckel.",
        "No question of the form has the key in the column Nyckel.",
        "Answer in the form that was sent out for the year and leave the column Nyckel as it is.",
    ),
    "an answer without the key of a question": Phrase(
        "Det står ett svar på en rad som inte är en fråga.",
        "Flytta svaret till frågans rad.",
        "There is an answer in a row that is no question.",
        "Move it to the row of its question.",
    ),
    r"\d+ fields instead of \d+": Phrase(
        "Raden har fel antal fält.",
        "Ett värde kan innehålla filens skiljetecken (ofta semikolon) eller saknas: kontrollera "
        "raden och rubrikraden.",
        "The record has the wrong number of fields.",
        "A value may hold the delimiter (often a semicolon) or be missing: compare it with the "
        "header.",
    ),
    "nul_byte": Phrase(
        "Raden innehåller osynliga tecken (nolltecken).",
        "Exportera filen på nytt eller skriv om raden.",
        "The record holds NUL characters.",
        "Export the file again or write the record anew.",
    ),
    "too_long": Phrase(
        "Ett värde på raden är orimligt långt.",
        "Ta bort text som inte hör till kolumnen.",
        "A value of the record is far too long.",
        "Remove text that does not belong there.",
    ),
    "carriage return inside a field": Phrase(
        "Ett värde på raden innehåller en radbrytning.",
        "Skriv värdet på en enda rad.",
        "A value of the record holds a line break.",
        "Write it on one line.",
    ),
    "a value to the right of the last heading": Phrase(
        "Det står något till höger om den sista rubriken.",
        "Ta bort det, eller flytta det till rätt kolumn.",
        "Something stands to the right of the last heading.",
        "Remove it, or move it to its column.",
    ),
    "the same pupil and time again with other values": Phrase(
        "Samma sak står på flera rader med olika uppgifter, och ingen kan avgöra vilken rad som "
        "är rätt.",
        "Behåll den rätta raden och ta bort de andra.",
        "The same thing stands in several records with different values; nobody can tell which "
        "is right.",
        "Keep the right one and remove the others.",
    ),
    "a value under no heading": Phrase(
        "Det står något på raden som inte ligger under någon rubrik.",
        "Ta bort det, eller exportera rapporten på nytt.",
        "Something in the record stands under no heading.",
        "Remove it, or export the report again.",
    ),
    "a formula without a value; save the workbook once in Excel": Phrase(
        "En cell på raden innehåller en formel som inte är uträknad.",
        "Öppna filen i Excel och spara den, eller skriv värdet i stället för formeln.",
        "A cell of the record holds a formula without a value.",
        "Open the file in Excel and save it, or write the value instead.",
    ),
    ".+ is not one of its codes": Phrase(
        "Ett värde i posten är ingen av de koder som formatet har.",
        "Kontrollera koden i källsystemet och exportera filen på nytt.",
        "A value of the record is none of the codes its format has.",
        "Check the code in the system and export the file again.",
    ),
    "another number of fields than the header of .+": Phrase(
        "Raden har fel antal fält.",
        "Exportera filen på nytt ur källsystemet.",
        "The record has another number of fields than the header.",
        "Export the file again.",
    ),
    "it points at a line that is not in .+": Phrase(
        "Posten hänvisar till en annan post som inte finns med i exporten.",
        "Exportera allt på nytt, så att båda posterna kommer med.",
        "The record points at one that is not in the export.",
        "Export everything again, so that both are there.",
    ),
    "it is marked as deleted, in a bulk export": Phrase(
        "Posten är märkt som borttagen.",
        "Ta bort posten ur exporten, eller återställ den i källsystemet.",
        "The record is marked as deleted.",
        "Leave it out of the export, or restore it in the system.",
    ),
    "(a duration is no number|how long it lasted is not said)": Phrase(
        "Det framgår inte hur lång tid posten gäller.",
        "Ange tiden i källsystemet och exportera filen på nytt.",
        "How long it lasted is not said.",
        "Enter the time in the system and export the file again.",
    ),
    "left out by the sender's marking": Phrase(
        "Eleven är märkt så att uppgifter om den inte ska lämnas ut den här vägen.",
        "Inget behöver göras; kontakta den som driver systemet om märkningen är fel.",
        "The pupil is marked as one whose data do not go this way.",
        "Nothing is to be done; ask whoever runs the system if the marking is wrong.",
    ),
    "more than one kind of absence in one lesson": Phrase(
        "En lektion har mer än ett slags frånvaro.",
        "Rätta lektionens närvaro i källsystemet.",
        "A lesson has more than one kind of absence.",
        "Correct the lesson in the system.",
    ),
    "the grade does not say year and semester": Phrase(
        "Betyget saknar år och termin.",
        "Ange år och termin i källsystemet.",
        "The grade does not say year and semester.",
        "Enter them in the system.",
    ),
    r"(no JSON object|text beside elements|it stands in .+|it is no .+|an element .+)": Phrase(
        "Posten är inte uppbyggd som formatet kräver.",
        "Exportera filen på nytt ur källsystemet; ändra inte i den för hand.",
        "The record is not built as its format asks.",
        "Export the file again; do not change it by hand.",
    ),
}
"""Words for what is wrong with a whole record, by a pattern for what follows ``record:``."""

CAUSE_WORDS: dict[str, Phrase] = {
    "unknown": Phrase(
        "Filnamnet är inget som systemet känner igen.",
        "Döp filen som mallen heter, t.ex. narvaro_<skolenhetskod>_2016-03.xlsx.",
        "No layout has files of this name.",
        "Name it as its template, such as narvaro_<school>_2016-03.xlsx.",
    ),
    "ambiguous": Phrase(
        "Filen passar flera filformat, så det går inte att veta vad den är.",
        "Kontakta den som driver systemet.",
        "Several layouts fit the file.",
        "Ask whoever runs the system.",
    ),
    "empty": Phrase(
        "Filen är tom.",
        "Exportera eller spara filen på nytt.",
        "The file is empty.",
        "Export or save it again.",
    ),
    "no_records": Phrase(
        "Filen har rubriker men inga rader under dem.",
        "Fyll i minst en rad. Finns inget att rapportera ska ingen fil skickas.",
        "The file has headings and nothing under them.",
        "Fill in at least one row. If there is nothing to report, send no file.",
    ),
    "format": Phrase(
        "Filen är inte av det slag som ändelsen i filnamnet säger, eller är skadad.",
        "Öppna filen och spara den på nytt som Excel-arbetsbok (.xlsx) eller som CSV UTF-8 (.csv).",
        "The file is not of the kind its name says, or is damaged.",
        "Open it and save it again as an Excel workbook (.xlsx) or as CSV UTF-8 (.csv).",
    ),
    "bomb": Phrase(
        "Arbetsboken är orimligt stor när den packas upp och läses inte.",
        "Kopiera uppgifterna till en ny mall, utan tomma formaterade rader, bilder och andra blad.",
        "The workbook unpacks to far more than a template holds and is not read.",
        "Copy the rows to a new template, without pictures, other sheets or empty formatted rows.",
    ),
    "macro": Phrase(
        "Arbetsboken innehåller makron eller länkar till andra filer och läses inte.",
        "Kopiera uppgifterna till en ny mall och spara den som vanlig arbetsbok (.xlsx).",
        "The workbook has macros or links to other files and is not read.",
        "Copy the rows to a new template and save it as a plain workbook (.xlsx).",
    ),
    "sheet": Phrase(
        "Arbetsboken saknar bladet {detail}.",
        "Använd mallens blad och behåll dess namn.",
        "The workbook has no sheet {detail}.",
        "Use the template's sheet and keep its name.",
    ),
    "no_header": Phrase(
        "Filen saknar rubrikrad.",
        "Lägg till rubrikraden från mallen överst.",
        "The file has no header.",
        "Put the template's header on top.",
    ),
    "header": Phrase(
        "Rubrikraden är längre än i någon mall.",
        "Använd mallens rubrikrad.",
        "The header is longer than any template's.",
        "Use the template's header.",
    ),
    "title": Phrase(
        "Raderna ovanför rubrikraden saknar en uppgift som behövs.",
        "Exportera rapporten på nytt och ändra inte raderna ovanför rubrikerna.",
        "The lines above the header lack what is needed.",
        "Export the report again and leave the lines above the header as they are.",
    ),
    "header_script": Phrase(
        "En rubrik innehåller bokstäver ur ett annat alfabet som bara liknar de rätta.",
        "Skriv om rubriken för hand, eller kopiera rubrikraden från mallen.",
        "A heading has letters of another script that only look like the right ones.",
        "Write the heading anew, or copy the template's header.",
    ),
    "duplicate_header": Phrase(
        "En rubrik står två gånger.",
        "Behåll en av kolumnerna och ta bort den andra.",
        "A heading stands twice.",
        "Keep one of the columns and remove the other.",
    ),
    "missing_column": Phrase(
        "En kolumn saknas: {detail}.",
        "Lägg till kolumnen med exakt denna rubrik. Använd helst mallen.",
        "A column is missing: {detail}.",
        "Add it under exactly this heading. Best use the template.",
    ),
    "extra_column": Phrase(
        "Filen har en kolumn som inte hör hemma i mallen: kolumn nummer {detail}.",
        "Ta bort kolumnen. Lägg aldrig till egna kolumner eller anteckningar.",
        "A column does not belong to this layout: number {detail}.",
        "Remove it. Never add columns or notes of your own.",
    ),
    "dialect": Phrase(
        "Värdena i filen skiljs åt med fel tecken.",
        "Spara filen som CSV med skiljetecknet {detail}, eller skicka den som .xlsx.",
        "The values are set apart by the wrong sign.",
        "Save it as CSV with the delimiter {detail}, or send it as .xlsx.",
    ),
    "line_ends": Phrase(
        "Raderna slutar på ett sätt som inte kan läsas (bara CR).",
        "Spara filen på nytt som CSV UTF-8 från Excel.",
        "The lines end in a bare CR.",
        "Save the file again as CSV UTF-8.",
    ),
    "encoding": Phrase(
        "Filens teckenkodning är inte {detail}; å, ä och ö går inte att läsa.",
        "Spara filen som CSV UTF-8 (kommaavgränsad) i Excel, eller skicka den som .xlsx.",
        "The file is not encoded as {detail}.",
        "Save it as CSV UTF-8, or send it as .xlsx.",
    ),
    "mojibake": Phrase(
        "Bokstäverna å, ä och ö har kodats två gånger och är förstörda.",
        "Exportera filen på nytt ur källsystemet.",
        "Letters are encoded twice.",
        "Export the file again.",
    ),
    "quote": Phrase(
        "Ett citattecken avslutas inte, eller står mitt i ett värde.",
        "Ta bort citattecknet på raden eller exportera filen på nytt.",
        "A quotation mark is not closed or stands inside a value.",
        "Remove it from the line or export the file again.",
    ),
    "truncated": Phrase(
        "Filen tar slut mitt i en rad.",
        "Exportera eller kopiera filen på nytt; den är inte fullständig.",
        "The file stops inside a record.",
        "Export or copy it again; it did not arrive whole.",
    ),
    "binary_tail": Phrase(
        "Filen slutar med tomma tecken.",
        "Kopiera filen på nytt; den är inte fullständig.",
        "The file ends in empty bytes.",
        "Copy it again; it did not arrive whole.",
    ),
    "merged": Phrase(
        "Arbetsboken innehåller sammanfogade cellområden.",
        "Dela upp de sammanfogade cellerna och fyll i varje cell för sig.",
        "Cells of the workbook are merged.",
        "Divide them and fill in each.",
    ),
    "encrypted": Phrase(
        "Filen är skyddad med lösenord.",
        "Spara den utan lösenord och skicka den igen på ett säkert sätt.",
        "The file is protected by a password.",
        "Save it without one and send it again by a safe way.",
    ),
    "too_large": Phrase(
        "Filen är för stor för att läsas.",
        "Dela upp den, t.ex. per månad eller per skola, eller kontakta den som driver systemet.",
        "The file is too large to be read.",
        "Divide it, by month or by school, or ask whoever runs the system.",
    ),
    "too_slow": Phrase(
        "Filen tog orimligt lång tid att läsa.",
        "Exportera den på nytt; kopiera uppgifterna till en ny mall om felet står kvar.",
        "The file took far too long to read.",
        "Export it again; if that does not help, copy its rows to a new template.",
    ),
    "hash_mismatch": Phrase(
        "Filen är inte den som kontrollsumman bredvid den säger.",
        "Skicka filen och dess kontrollsumma på nytt; den är inte fullständig.",
        "The file is not the one its checksum says.",
        "Send both again; it did not arrive whole.",
    ),
    "count_mismatch": Phrase(
        "Filen har ett annat antal rader än avsändaren har uppgett.",
        "Exportera och skicka filen på nytt; den är inte fullständig.",
        "The file has another number of records than was promised.",
        "Export and send it again; it did not arrive whole.",
    ),
    "cut_short": Phrase(
        "Filens sista rad, den med antalet rader, saknas.",
        "Exportera och skicka filen på nytt; den är inte fullständig.",
        "The last line, with the number of records, is missing.",
        "Export and send it again; it did not arrive whole.",
    ),
    "entities": Phrase(
        "XML-filen innehåller en dokumenttyp (DTD) och läses inte.",
        "Exportera filen utan DTD.",
        "The XML document has a DTD and is not read.",
        "Export it without.",
    ),
    "json": Phrase(
        "Filen är ingen läsbar JSON.",
        "Hämta eller exportera den på nytt.",
        "The file is not readable JSON.",
        "Pull or export it again.",
    ),
    "period": Phrase(
        "Rapporten gäller flera månader.",
        "Exportera varje månad för sig.",
        "The report spans several months.",
        "Export one month at a time.",
    ),
    "exceptions_only": Phrase(
        "Filen innehåller bara frånvaro, inte de dagar eleverna var där.",
        "Exportera varje skoldag för varje elev.",
        "The file lists absences only.",
        "Export every school day of each pupil.",
    ),
    "members": Phrase(
        "Zip-filen innehåller filer som inte hör dit.",
        "Ta bort dem och skicka zip-filen på nytt.",
        "The zip holds files that do not belong there.",
        "Remove them and send it again.",
    ),
    "manifest": Phrase(
        "Zip-filen saknar manifest.csv, eller innehåller inte de filer som står där.",
        "Exportera på nytt ur källsystemet.",
        "The zip has no manifest.csv, or not the files it lists.",
        "Export it again.",
    ),
    "version": Phrase(
        "Exporten är av en annan version av formatet än den som kan läsas.",
        "Exportera i den version som anges i anvisningen.",
        "The export is of another version of its format.",
        "Export the version that is asked for.",
    ),
    "delta": Phrase(
        "Exporten innehåller bara ändringar.",
        "Gör en fullständig export.",
        "The export holds changes only.",
        "Make a bulk export.",
    ),
    "incomplete": Phrase(
        "En fil saknas i zip-filen.",
        "Exportera på nytt med alla filer.",
        "A file is missing from the zip.",
        "Export it again with all its files.",
    ),
    "other_period": Phrase(
        "För många rader gäller en annan månad eller termin än den i filens namn.",
        "Gäller filen en annan period ska den döpas om. Annars: rätta eller ta bort de raderna.",
        "Too many rows are of another month or term than the one in the file's name.",
        "If the file is about another period, rename it. Otherwise correct or remove those rows.",
    ),
    "future_period": Phrase(
        "Filens namn säger en månad eller termin som inte har börjat.",
        "Rätta namnet, eller skicka filen när perioden är slut.",
        "The file's name says a month or term that has not begun.",
        "Correct the name, or send the file when the period is over.",
    ),
    "untrusted": Phrase(
        "Filen låg så att andra kunde ha ändrat den, och har inte lästs.",
        "Den som driver systemet rättar vem som får skriva i filen. Skicka den sedan igen.",
        "The file lay where others could have changed it, and was not read.",
        "Whoever runs the system corrects who may write to it. Then send it again.",
    ),
    "rejected by hand": Phrase(
        "Den som driver systemet har stoppat filen.",
        "Fråga varför, och skicka en rättad fil som nästa version.",
        "Whoever runs the system took the file out of use.",
        "Ask why, and send a corrected file as the next version.",
    ),
    "large_change": Phrase(
        "Rättelsen ändrar ovanligt många rader jämfört med filen den ersätter.",
        "Kontrollera att det är rätt fil och att alla rader är med. Är den riktig: meddela den "
        "som driver systemet, som kan godkänna den.",
        "The correction changes unusually many rows of the file it replaces.",
        "Make sure it is the right file and complete. If it is, tell whoever runs the system, "
        "who can release it.",
    ),
    "large_effect": Phrase(
        "Rättelsen ändrar resultaten ovanligt mycket.",
        "Kontrollera att det är rätt fil och att alla rader är med. Är den riktig: meddela den "
        "som driver systemet, som kan godkänna den.",
        "The correction moves the results unusually far.",
        "Make sure it is the right file and complete. If it is, tell whoever runs the system, "
        "who can release it.",
    ),
    "not_weighed": Phrase(
        "Rättelsen kunde inte jämföras med filen den ersätter, på grund av ett oväntat fel.",
        "Felet behöver inte vara ert. Kontakta den som driver systemet och ange leveransens "
        "nummer.",
        "The correction could not be compared with the file it replaces, because of an "
        "unforeseen error.",
        "It need not be your fault. Tell whoever runs the system the delivery's number.",
    ),
    "internal": Phrase(
        "Filen kunde inte läsas på grund av ett oväntat fel.",
        "Felet behöver inte vara ert. Kontakta den som driver systemet och ange leveransens "
        "nummer.",
        "The file could not be read because of an unforeseen error.",
        "It need not be your fault. Tell whoever runs the system the delivery's number.",
    ),
    "held": Phrase(
        "Det finns flera olika filer med samma namn och version, och ingen kan avgöra vilken som "
        "gäller.",
        "Skicka den rätta filen som nästa version, med _v2 (eller _v3) i slutet av namnet.",
        "Several different files have the same name and version; nobody can tell which is in "
        "force.",
        "Send the right one as the next version, with _v2 (or _v3) at the end of its name.",
    ),
}
"""Words for why a file cannot be read or used, by its cause."""

OTHERWISE = Phrase(
    "Uppgiften följer inte en regel ({detail}).",
    "Kontakta den som driver systemet om det inte framgår vad som är fel.",
    "A rule is broken ({detail}).",
    "Ask whoever runs the system if it is not plain what is wrong.",
)
"""Words for a reason that has none of its own; a test holds that no reason needs them."""
