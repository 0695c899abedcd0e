"""Subjects of the synthetic news: the table of drawings, with their names in English and German.

Selection: every colour drawing of OpenMoji was put on four plain backgrounds and embedded with the zero-shot encoder
`lite`. About 140 of 1,392 drawings ranked their English name among the first 40 of all names; most of the table comes
from these, without abstract ones (arrows, buttons, clock faces). The rest are everyday subjects that the encoder hardly
recognises as drawings (dog, cat, penguin), so that fine-tuning has much to learn.
"""

from dataclasses import dataclass
from typing import Literal

Gender = Literal["m", "f", "n"]
GENDERS: tuple[Gender, ...] = ("m", "f", "n")
_ARTICLES: dict[str, tuple[str, str, str]] = {  # nominative, accusative, dative
    "m": ("ein", "einen", "einem"),
    "f": ("eine", "eine", "einer"),
    "n": ("ein", "ein", "einem"),
}


@dataclass(frozen=True)
class Noun:
    """A noun in both languages for the slots of a template: ``{a}`` English, ``{a.nom}`` … German.

    The table has only nouns whose singular is the same in nominative, accusative and dative, so the grammar inflects
    only the German article.
    """

    english: str
    german: str
    gender: Gender

    def __str__(self) -> str:
        article = "an" if self.english.startswith(("a", "e", "i", "o", "u", "hour")) else "a"
        return f"{article} {self.english}"

    @property
    def start(self) -> str:
        """English form at the start of a sentence."""
        return f"A{str(self)[1:]}"

    @property
    def nom(self) -> str:
        """German nominative."""
        return f"{_ARTICLES[self.gender][0]} {self.german}"

    @property
    def acc(self) -> str:
        """German accusative."""
        return f"{_ARTICLES[self.gender][1]} {self.german}"

    @property
    def dat(self) -> str:
        """German dative."""
        return f"{_ARTICLES[self.gender][2]} {self.german}"

    @property
    def nom_start(self) -> str:
        """German nominative at the start of a sentence."""
        return self.nom[0].upper() + self.nom[1:]


@dataclass(frozen=True)
class Subject:
    """A drawing: its emoji, name, paraphrase, and the topic that determines its events."""

    emoji: str
    name: Noun
    paraphrase: Noun
    topic: str


# emoji | English | German | article | English paraphrase | German paraphrase | article
_TABLE = """
# animals
🦎 | lizard | Eidechse | f | reptile | Echse | f
🐧 | penguin | Pinguin | m | flightless bird | Frackträger | m
🕷️ | spider | Spinne | f | arachnid | Achtbeiner | m
🪿 | goose | Gans | f | waterfowl | Wasservogel | m
🦈 | shark | Hai | m | predatory fish | Raubfisch | m
🐕 | dog | Hund | m | four-legged friend | Vierbeiner | m
🐈 | cat | Katze | f | feline | Stubentiger | m
# transport
🚜 | tractor | Traktor | m | farm vehicle | Trecker | m
🛻 | pickup truck | Pick-up | m | flatbed truck | Pritschenwagen | m
🏍️ | motorcycle | Motorrad | n | motorbike | Kraftrad | n
🚖 | taxi | Taxi | n | cab | Droschke | f
🚐 | minibus | Kleinbus | m | passenger van | Sammeltaxi | n
🚔 | police car | Polizeiauto | n | patrol car | Streifenwagen | m
🚒 | fire engine | Feuerwehrauto | n | fire truck | Löschfahrzeug | n
🚲 | bicycle | Fahrrad | n | two-wheeler | Zweirad | n
🚦 | traffic light | Ampel | f | traffic signal | Lichtsignalanlage | f
🛑 | stop sign | Stoppschild | n | road sign | Verkehrsschild | n
⛵ | sailing boat | Segelboot | n | dinghy | Jolle | f
🚂 | locomotive | Lokomotive | f | steam train | Dampflok | f
# sport
⚽ | soccer ball | Fußball | m | match ball | Spielball | m
🏉 | rugby ball | Rugbyball | m | oval ball | Lederei | n
🏀 | basketball | Basketball | m | hoops ball | Korbball | m
🏐 | volleyball | Volleyball | m | beach volleyball | Beachvolleyball | m
🤿 | diving mask | Tauchmaske | f | snorkel | Schnorchel | m
🥽 | pair of goggles | Schutzbrille | f | pair of safety glasses | Sicherheitsbrille | f
🛹 | skateboard | Skateboard | n | longboard | Longboard | n
🏆 | trophy | Pokal | m | winner's cup | Siegerpokal | m
🎣 | fishing rod | Angel | f | fishing pole | Angelrute | f
🥎 | softball | Softball | m | pitcher's ball | Schlagball | m
# music
🎻 | violin | Geige | f | fiddle | Violine | f
🪗 | accordion | Akkordeon | n | squeezebox | Schifferklavier | n
🪇 | maraca | Rumbarassel | f | rattle | Rassel | f
🎸 | guitar | Gitarre | f | six-string | Klampfe | f
🎹 | piano keyboard | Klavier | n | set of piano keys | Tasteninstrument | n
🎙️ | microphone | Mikrofon | n | studio mic | Studiomikrofon | n
# technology
🖥️ | desktop computer | Computer | m | computer monitor | Bildschirm | m
🖱️ | computer mouse | Computermaus | f | wireless mouse | Funkmaus | f
📺 | television | Fernseher | m | TV set | Fernsehgerät | n
🕹️ | joystick | Joystick | m | game controller | Spielecontroller | m
🖨️ | printer | Drucker | m | laser printer | Laserdrucker | m
📷 | camera | Kamera | f | photo camera | Fotoapparat | m
📻 | radio | Radio | n | radio receiver | Rundfunkgerät | n
💻 | laptop | Laptop | m | notebook computer | Klapprechner | m
⌨️ | keyboard | Tastatur | f | computer keyboard | Rechnertastatur | f
☎️ | telephone | Telefon | n | landline phone | Fernsprecher | m
💿 | compact disc | CD | f | silver disc | Silberscheibe | f
🔭 | telescope | Teleskop | n | stargazing instrument | Sternenfernrohr | n
# tools
🔨 | hammer | Hammer | m | claw hammer | Zimmermannshammer | m
🪛 | screwdriver | Schraubenzieher | m | hand tool | Handwerkzeug | n
🔧 | wrench | Schraubenschlüssel | m | spanner | Maulschlüssel | m
🪠 | plunger | Saugglocke | f | drain plunger | Pümpel | m
🪏 | shovel | Schaufel | f | spade | Spaten | m
🪓 | axe | Axt | f | hatchet | Beil | n
🧹 | broom | Besen | m | sweeping brush | Kehrbesen | m
🪝 | hook | Haken | m | metal hook | Metallhaken | m
🪤 | mousetrap | Mausefalle | f | rodent trap | Schlagfalle | f
🪚 | saw | Säge | f | handsaw | Handsäge | f
🪡 | sewing needle | Nähnadel | f | needle and thread | Stopfnadel | f
# home
🪑 | chair | Stuhl | m | seat | Sitzmöbel | n
☂️ | umbrella | Regenschirm | m | brolly | Schirm | m
🕰️ | mantel clock | Kaminuhr | f | antique clock | Pendeluhr | f
⏰ | alarm clock | Wecker | m | bedside clock | Reisewecker | m
⏳ | hourglass | Sanduhr | f | sand timer | Stundenglas | n
🖼️ | framed picture | Gemälde | n | painting | Bild | n
🔒 | padlock | Vorhängeschloss | n | lock | Schloss | n
🧷 | safety pin | Sicherheitsnadel | f | nappy pin | Windelnadel | f
🧮 | abacus | Abakus | m | counting frame | Rechenrahmen | m
✉️ | envelope | Briefumschlag | m | letter | Brief | m
🛏️ | bed | Bett | n | bedstead | Schlafmöbel | n
💄 | lipstick | Lippenstift | m | cosmetic stick | Schminkstift | m
🪢 | rope knot | Knoten | m | sailor's knot | Seemannsknoten | m
# table
🍷 | glass of wine | Glas Wein | n | goblet of red wine | Kelch Rotwein | m
🔪 | kitchen knife | Küchenmesser | n | cleaver | Hackmesser | n
🥄 | spoon | Löffel | m | tablespoon | Esslöffel | m
🍽️ | plate | Teller | m | dinner plate | Speiseteller | m
🍋 | lemon | Zitrone | f | citrus fruit | Zitrusfrucht | f
🍕 | pizza | Pizza | f | cheesy flatbread | Käsefladen | m
🍿 | box of popcorn | Tüte Popcorn | f | bucket of popcorn | Eimer Popcorn | m
# science
🩺 | stethoscope | Stethoskop | n | doctor's instrument | Arztinstrument | n
🩹 | sticking plaster | Heftpflaster | n | Band-Aid | Wundpflaster | n
🧭 | compass | Kompass | m | navigation instrument | Navigationsinstrument | n
🔍 | magnifying glass | Lupe | f | loupe | Vergrößerungsglas | n
🔮 | crystal ball | Kristallkugel | f | glass orb | Glaskugel | f
🦷 | tooth | Zahn | m | molar | Backenzahn | m
🪙 | coin | Münze | f | gold piece | Goldstück | n
🧪 | test tube | Reagenzglas | n | laboratory vial | Laborglas | n
💵 | banknote | Geldschein | m | dollar bill | Dollarschein | m
# city
⛪ | church | Kirche | f | chapel | Kapelle | f
🏘️ | row of houses | Häuserzeile | f | housing estate | Wohnsiedlung | f
🎡 | Ferris wheel | Riesenrad | n | fairground ride | Fahrgeschäft | n
🎈 | balloon | Ballon | m | helium balloon | Gasballon | m
⛱️ | parasol | Sonnenschirm | m | beach umbrella | Strandschirm | m
🚏 | bus stop | Bushaltestelle | f | bus shelter | Haltestelle | f
"""


def _read_table() -> tuple[Subject, ...]:
    subjects = []
    topic = ""
    for line in _TABLE.strip().splitlines():
        if line.startswith("#"):
            topic = line.removeprefix("# ")
            continue
        emoji, *names = (cell.strip() for cell in line.split("|"))
        name, paraphrase = _noun(*names[:3]), _noun(*names[3:])
        subjects.append(Subject(emoji, name, paraphrase, topic))
    return tuple(subjects)


def _noun(english: str, german: str, gender: str) -> Noun:
    for known in GENDERS:
        if gender == known:
            return Noun(english, german, known)
    raise ValueError(f"{german}: expected one of {GENDERS} as gender, found {gender!r}")


SUBJECTS = _read_table()
