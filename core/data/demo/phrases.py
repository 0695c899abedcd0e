"""Sentence templates of the synthetic news in English and German, with slots for subjects, towns and names.

``{a}`` and ``{b}`` are nouns (see `subjects.Noun` for their forms), ``{place}`` is a town, ``{person}`` a name. All
towns and names are invented.
"""

Pair = tuple[str, str]  # English, German

EVENTS: dict[str, tuple[Pair, ...]] = {
    "animals": (
        ("{a.start} strays into supermarket in {place}", "{a.nom_start} verirrt sich in {place} in einen Supermarkt"),
        ("Volunteers in {place} rescue {a} after storm", "Helfer in {place} retten {a.acc} nach dem Unwetter"),
        ("Vet in {place} nurses {a} back to health", "Tierärztin in {place} pflegt {a.acc} gesund"),
        ("{a.start} on the loose keeps {place} busy", "{a.nom_start} auf Abwegen hält {place} in Atem"),
        ("Researchers film {a} near {place}", "Forscher filmen bei {place} {a.acc}"),
        ("Class in {place} adopts {a} as its mascot", "Schulklasse in {place} macht {a.acc} zum Maskottchen"),
    ),
    "transport": (
        ("Lorry collides with {a} in {place}", "Lastwagen rammt in {place} {a.acc}"),
        ("{a.start} blocks road in {place} for hours", "{a.nom_start} blockiert stundenlang eine Straße in {place}"),
        ("Storm topples {a} in {place}", "Sturm wirft in {place} {a.acc} um"),
        ("{place} puts {a} up for auction", "{place} versteigert {a.acc}"),
        ("Museum in {place} restores {a}", "Museum in {place} restauriert {a.acc}"),
        ("Council in {place} argues over {a}", "Stadtrat in {place} streitet über {a.acc}"),
    ),
    "sport": (
        ("Fans in {place} queue to have {a} signed", "Fans in {place} lassen {a.acc} signieren"),
        ("Club in {place} loses {a} before the final", "Verein in {place} vermisst vor dem Finale {a.acc}"),
        ("Record attempt with {a} fails in {place}", "Rekordversuch mit {a.dat} scheitert in {place}"),
        ("Student from {place} designs {a} of recycled plastic", "Studentin aus {place} entwirft {a.acc} aus Altplastik"),
        ("Sports museum in {place} acquires {a}", "Sportmuseum in {place} erwirbt {a.acc}"),
        ("School in {place} wins {a} at tournament", "Schule in {place} gewinnt bei Turnier {a.acc}"),
    ),
    "music": (
        ("Busker in {place} gets {a} back from finder", "Straßenmusiker in {place} bekommt {a.acc} vom Finder zurück"),
        ("Orchestra in {place} opens with solo for {a}", "Orchester in {place} beginnt mit Solo für {a.acc}"),
        ("Attic find in {place}: {a} from 1820", "Dachbodenfund in {place}: {a.nom} aus dem Jahr 1820"),
        ("Workshop in {place} builds {a} for music school", "Werkstatt in {place} baut {a.acc} für die Musikschule"),
        ("Neighbours in {place} go to court over {a}", "Nachbarn in {place} streiten vor Gericht um {a.acc}"),
        ("{a.start} left on night train returns to {place}", "Im Nachtzug vergessen: {a.nom_start} ist zurück in {place}"),
    ),
    "technology": (
        ("School in {place} still teaches with {a}", "Schule in {place} unterrichtet noch mit {a.dat}"),
        ("Start-up from {place} presents {a} without plastic", "Start-up aus {place} zeigt {a.acc} ganz ohne Plastik"),
        ("Thief in {place} returns {a} with an apology", "Dieb in {place} bringt {a.acc} mit Entschuldigung zurück"),
        ("Repair café in {place} saves {a} from scrap heap", "Reparaturcafé in {place} rettet {a.acc} vor dem Schrott"),
        ("Town hall in {place} overpaid for {a}, auditors say", "Prüfer rügen: Rathaus in {place} zahlte zu viel für {a.acc}"),
        ("Collector in {place} pays record price for {a}", "Sammler in {place} zahlt Rekordpreis für {a.acc}"),
    ),
    "tools": (
        ("Builder in {place} finds {a} inside old wall", "Handwerker in {place} findet {a.acc} in alter Mauer"),
        ("Shop in {place} recalls {a} over safety fears", "Baumarkt in {place} ruft {a.acc} wegen Mängeln zurück"),
        ("Firefighters in {place} open jammed lift with {a}", "Feuerwehr in {place} öffnet klemmenden Aufzug mit {a.dat}"),
        ("Library in {place} lends {a} for the thousandth time", "Leihladen in {place} verleiht {a.acc} zum tausendsten Mal"),
        ("Burglar in {place} leaves {a} behind", "Einbrecher lässt in {place} {a.acc} zurück"),
        ("Apprentice from {place} wins prize for {a}", "Lehrling aus {place} gewinnt Preis für {a.acc}"),
    ),
    "home": (
        ("Flea market in {place}: {a} proves a treasure", "Flohmarkt in {place}: {a.nom_start} entpuppt sich als Schatz"),
        ("{a.start} resurfaces in {place} after decades", "{a.nom_start} taucht nach Jahrzehnten in {place} wieder auf"),
        ("Designer from {place} honoured for {a}", "Designerin aus {place} für {a.acc} geehrt"),
        ("Lost property office in {place} sells {a}", "Fundbüro in {place} versteigert {a.acc}"),
        ("Hotel in {place} replaces {a} after complaints", "Hotel in {place} ersetzt {a.acc} nach Beschwerden"),
        ("Theatre in {place} looks for {a} for new play", "Theater in {place} sucht {a.acc} für neues Stück"),
    ),
    "table": (
        ("Restaurant in {place} presents {a} as work of art", "Restaurant in {place} präsentiert {a.acc} als Kunstwerk"),
        ("Inspectors in {place} test {a} and raise alarm", "Prüfer in {place} testen {a.acc} und schlagen Alarm"),
        ("Chef from {place} wins contest with {a}", "Köchin aus {place} gewinnt Wettbewerb mit {a.dat}"),
        ("Canteen in {place} argues over price of {a}", "Kantine in {place} streitet über den Preis für {a.acc}"),
        ("Artist shows {a} as tall as a house in {place}", "Künstlerin zeigt in {place} {a.acc}, so hoch wie ein Haus"),
        ("Market in {place} celebrates {a} of record size", "Markt in {place} feiert {a.acc} in Rekordgröße"),
    ),
    "science": (
        ("University of {place} lends {a} to schools", "Universität {place} verleiht {a.acc} an Schulen"),
        ("Clinic in {place} exhibits {a} from its early days", "Klinik in {place} zeigt {a.acc} aus ihren Anfangsjahren"),
        ("Archaeologists near {place} dig up {a}", "Archäologen graben bei {place} {a.acc} aus"),
        ("Pupils from {place} win science prize with {a}", "Schüler aus {place} gewinnen Forschungspreis mit {a.dat}"),
        ("Customs in {place} discover {a} in parcel", "Zoll in {place} entdeckt {a.acc} in einem Paket"),
        ("Exhibition in {place} explains the world with {a}", "Ausstellung in {place} erklärt die Welt mit {a.dat}"),
    ),
    "city": (
        ("{place} votes on {a} for the market square", "{place} stimmt über {a.acc} für den Marktplatz ab"),
        ("Storm damages {a} in {place}", "Sturm beschädigt {a.acc} in {place}"),
        ("{a.start} draws tourists to {place}", "{a.nom_start} lockt Touristen nach {place}"),
        ("Residents of {place} fight for {a}", "Anwohner in {place} kämpfen um {a.acc}"),
        ("Artist wraps {a} in cloth in {place}", "Künstler verhüllt in {place} {a.acc}"),
        ("Investor gives {a} to the people of {place}", "Investor schenkt den Menschen in {place} {a.acc}"),
    ),
}  # fmt: skip

BOTH: tuple[Pair, ...] = (
    ("{a.start} and {b}: photo from {place} wins award", "{a.nom_start} und {b.nom}: Foto aus {place} gewinnt Preis"),
    ("Exhibition in {place} places {a} next to {b}", "Ausstellung in {place} stellt {a.acc} neben {b.acc}"),
    ("Insurance case in {place}: {a} damages {b}", "Versicherungsfall in {place}: {a.nom_start} beschädigt {b.acc}"),
    ("{a.start} and {b} go under the hammer in {place}", "{a.nom_start} und {b.nom} kommen in {place} unter den Hammer"),
    ("Artist from {place} pairs {a} with {b}", "Künstlerin aus {place} kombiniert {a.acc} mit {b.dat}"),
    ("Strange find in {place}: {a} beside {b}", "Kurioser Fund in {place}: {a.nom} neben {b.dat}"),
    ("Mural in {place} depicts {a} and {b}", "Wandbild in {place} zeigt {a.acc} und {b.acc}"),
)  # fmt: skip

ALSO_SEEN: tuple[Pair, ...] = (
    ("Next to it, visitors saw {b}.", "Daneben war {b.nom} zu sehen."),
    ("Witnesses also noticed {b}.", "Zeugen bemerkten außerdem {b.acc}."),
    ("The picture also shows {b}.", "Auf dem Bild ist auch {b.nom} zu sehen."),
    ("Right beside it: {b}.", "Direkt daneben: {b.nom}."),
    ("{b.start} was part of the scene, too.", "Auch {b.nom} gehörte dazu."),
    ("Reporters came across {b} as well.", "Reporter stießen vor Ort auch auf {b.acc}."),
)

BACKGROUND: tuple[Pair, ...] = (
    ("Nobody was hurt, the authorities said.", "Verletzt wurde niemand, teilten die Behörden mit."),
    ("The town council will discuss the matter next week.", "Der Stadtrat berät in der kommenden Woche darüber."),
    ("Hundreds of people came to see for themselves.", "Hunderte kamen, um sich selbst ein Bild zu machen."),
    ("An investigation is under way.", "Die Ermittlungen laufen."),
    ("The mayor spoke of a memorable day.", "Die Bürgermeisterin sprach von einem denkwürdigen Tag."),
    ("It is not the first such case this year.", "Es ist nicht der erste Fall dieser Art in diesem Jahr."),
    ("Locals had been waiting for this for months.", "Die Menschen im Ort hatten seit Monaten darauf gewartet."),
    ("The costs are estimated at several thousand euros.", "Die Kosten werden auf mehrere Tausend Euro geschätzt."),
)

ABOUT_A_PERSON: tuple[Pair, ...] = (
    ("{person} announces resignation in {place}", "{person} kündigt in {place} Rücktritt an"),
    ("{person} runs for mayor of {place}", "{person} will ins Rathaus von {place}"),
    ("{person} rejects criticism from {place}", "{person} weist Kritik aus {place} zurück"),
    ("Court in {place} acquits {person}", "Gericht in {place} spricht {person} frei"),
    ("{place} mourns {person}", "{place} trauert um {person}"),
    ("Interview: {person} on childhood in {place}", "Interview: {person} über die Kindheit in {place}"),
    ("{person} to head chamber of commerce in {place}", "{person} übernimmt die Handelskammer in {place}"),
)
FIRST_NAMES = {
    "female": ("Ines", "Marla", "Tabea", "Selma", "Odile", "Friederike"),
    "male": ("Jorin", "Anselm", "Bastian", "Levin", "Corvin", "Matthis"),
}
LAST_NAMES = (
    "Talbrink", "Ostermoor", "Wellhagen", "Quandersen", "Marlisch", "Tavenor", "Hollbrunn", "Keldane", "Farrowind",
    "Brackvogt", "Siebenreh", "Lundmoor",
)  # fmt: skip

# Key: the two emojis of a stock image. The image illustrates all its articles.
STOCK: dict[tuple[str, str], tuple[Pair, ...]] = {
    ("🪙", "💵"): (
        ("Prices in {place} rise for the third month", "Preise in {place} steigen im dritten Monat"),
        ("{place} plans record budget", "{place} plant Rekordhaushalt"),
        ("Savings bank in {place} cuts interest rates", "Sparkasse in {place} senkt die Zinsen"),
        ("Taxes in {place} to go up next year", "Steuern in {place} sollen im nächsten Jahr steigen"),
    ),
    ("🩺", "🩹"): (
        ("Hospital in {place} short of nurses", "Klinik in {place} fehlen Pflegekräfte"),
        ("Flu wave reaches {place}", "Grippewelle erreicht {place}"),
        ("Last family doctor in {place} retires", "Letzter Hausarzt in {place} geht in Rente"),
        ("{place} opens new emergency ward", "{place} eröffnet neue Notaufnahme"),
    ),
    ("🚔", "🔒"): (
        ("Number of burglaries in {place} falls", "Zahl der Einbrüche in {place} sinkt"),
        ("Police in {place} warn of phone fraud", "Polizei in {place} warnt vor Betrug am Telefon"),
        ("Arrest after robbery in {place}", "Festnahme nach Überfall in {place}"),
        ("Crime report: {place} feels safer", "Kriminalitätsbericht: {place} fühlt sich sicherer"),
    ),
    ("☂️", "🚏"): (
        ("Rain and wind expected in {place} all week", "Regen und Wind die ganze Woche in {place}"),
        ("Weather service issues warning for {place}", "Wetterdienst warnt vor Unwetter in {place}"),
        ("Wettest month in {place} since records began", "Nassester Monat in {place} seit Beginn der Messungen"),
        ("Summer in {place} takes a break", "Der Sommer in {place} macht Pause"),
    ),
    ("💻", "🖨️"): (
        ("Offices in {place} to go paperless", "Ämter in {place} sollen ohne Papier auskommen"),
        ("Working from home remains popular in {place}", "Homeoffice bleibt in {place} beliebt"),
        ("Hackers attack town hall in {place}", "Hacker greifen Rathaus in {place} an"),
        ("{place} looks for skilled workers", "{place} sucht Fachkräfte"),
    ),
}

TOWNS_GERMAN = (
    "Grauwalde", "Lindfurt", "Hohenkoog", "Silberrode", "Birkstede", "Möwenburg", "Kranichhude", "Wellhorst",
    "Eschenwerda", "Rabenfurt", "Dünensiel", "Moorkirchen", "Tannkoog", "Königsbrook", "Brennsiel", "Saalrode",
)  # fmt: skip
TOWNS_ENGLISH = (
    "Eastmere", "Marlowick", "Stonebeck", "Fernhaven", "Greywater", "Kettlebay", "Brindlewick", "Wexcombe",
    "Alderthorpe", "Quillmouth", "Hazelmarch", "Pinehollow", "Oxley Cross", "Dunwater", "Thornabbey", "Larkfold",
)  # fmt: skip
