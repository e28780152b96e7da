"""Made-up customers, some of them the same one written differently: three sets that share neither
names nor kinds of mistakes. The first two were looked at while the detector was written, the third
was not; none knows how the detector works.
"""

import random
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

Rng = random.Random


@dataclass(frozen=True, slots=True)
class Made:
    name: str
    website: str = ""
    tax: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Set:
    """`known` are registered; each of `asked` comes with the place of the known one that it is, or
    None where it is nobody of them."""

    known: list[Made]
    asked: list[tuple[Made, int | None]]


Mistake = Callable[[Made, Rng], Made]

# ── The first set: German, French and English names ──────────────────────────────────────────────

FIRST_NAMES = """
    Müller Schäfer Köhler Weiß Böhm Günther Vogt Brandt Lindner Hartmann Dubois Lefèvre Moreau
    Girard Fontaine Mercier Harrison Caldwell Whitmore Ashford Pemberton Blackwell Thornton
    Radcliffe Nordstern Alpenglück Rheingold Elbtal Westwind Bluebird Ironbridge Silverlake
"""
FIRST_TRADES = """
    Maschinenbau Logistik Elektrotechnik Spedition Möbel Bäckerei Metallbau Druckerei Plumbing
    Freight Instruments Packaging Brewing Textiles Boulangerie Menuiserie Transports Imprimerie
    Optik Werkzeuge Kältetechnik Dachbau
"""
FIRST_FORMS = {
    "DE": ["GmbH", "AG", "GmbH & Co. KG", "KG", "e.K."],
    "FR": ["SARL", "S.A.S.", "SA"],
    "GB": ["Ltd", "Limited", "PLC", "LLP"],
}
ENDINGS = {"DE": "de", "FR": "fr", "GB": "co.uk"}


def _typo(made: Made, rng: Rng) -> Made:
    place = rng.randrange(1, len(made.name) - 1)
    letter = rng.choice("aeinrst")
    how = rng.randrange(3)
    name = made.name
    if how == 0:
        name = name[:place] + name[place + 1 :]
    elif how == 1:
        name = name[:place] + letter + name[place:]
    else:
        name = name[:place] + letter + name[place + 1 :]
    return replace(made, name=name)


def _other_form(made: Made, rng: Rng) -> Made:
    bare = made.name
    for forms in FIRST_FORMS.values():
        for form in sorted(forms, key=len, reverse=True):
            bare = bare.removesuffix(f" {form}")
    form = rng.choice([*FIRST_FORMS[made.country], "Gesellschaft mbH", ""])
    return replace(made, name=f"{bare} {form}".strip())


def _sub_domain(made: Made, rng: Rng) -> Made:
    if not made.website:
        return made
    host = rng.choice(["shop.", "portal.", "mail.eu."]) + made.website.removeprefix("www.")
    return replace(
        made, website=rng.choice(["https://", ""]) + host + rng.choice(["/", "/kontakt"])
    )


def _umlauts(made: Made, rng: Rng) -> Made:
    pairs = (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("è", "e"))
    name = made.name
    for letter, written in pairs:
        name = name.replace(letter, written if rng.random() < 0.7 else written[0])
    return replace(made, name=name)


def _order_and_marks(made: Made, rng: Rng) -> Made:
    words = made.name.split()
    if len(words) > 2:
        words[0], words[1] = words[1], words[0]
    return replace(
        made, name=rng.choice([" ", "-", ", "]).join(words[:2]) + " " + " ".join(words[2:])
    )


def first_set(*, known: int, asked: int, seed: int) -> Set:
    rng = Rng(seed)
    people = [f"{one} {trade}" for one in FIRST_NAMES.split() for trade in FIRST_TRADES.split()]
    rng.shuffle(people)

    def company(words: str) -> Made:
        country = rng.choice(list(FIRST_FORMS))
        plain = "".join(letter for letter in _plain(words) if letter.isalnum())
        return Made(
            f"{words} {rng.choice(FIRST_FORMS[country])}",
            f"www.{plain}.{ENDINGS[country]}" if rng.random() < 0.7 else "",
            f"{country}{rng.randrange(10**8, 10**9)}" if rng.random() < 0.4 else "",
            country,
        )

    mistakes = (_typo, _other_form, _sub_domain, _umlauts, _order_and_marks)
    return _set(people, company, mistakes, known=known, asked=asked, rng=rng)


# ── The second set: northern, eastern, southern and Japanese names ───────────────────────────────

SECOND_NAMES = """
    Lindqvist Håkansson Bjørnstad Østergaard Virtanen Korhonen Kowalczyk Wiśniewski Zieliński
    Novák Dvořák Horváth Szabó Popescu Ionescu Petrović Rossi Bianchi Esposito Ferreira
    Gonçalves Carvalho Yamamoto Takahashi Kobayashi Papadopoulos Karagiannis Yılmaz Öztürk
    Fjordkraft Polarlys Sunstone Greenfield Stormhaven
"""
SECOND_TRADES = """
    Shipping Robotics Ceramics Vineyards Foundry Timber Aerospace Pharma Fisheries Cables
    Turbines Glassworks Biotech Mining Paints Furniture Lighting Batteries Cycles Foods Marine
    Tooling
"""
SECOND_FORMS = {
    "SE": ["AB"], "NO": ["AS"], "DK": ["A/S", "ApS"], "FI": ["Oy", "Oyj"],
    "PL": ["Sp. z o.o.", "S.A."], "CZ": ["s.r.o.", "a.s."], "HU": ["Kft.", "Zrt."],
    "IT": ["S.r.l.", "S.p.A."], "PT": ["Lda", "S.A."], "JP": ["K.K."], "TR": ["A.Ş."],
}  # fmt: skip


def _swapped(made: Made, rng: Rng) -> Made:
    place = rng.randrange(1, len(made.name) // 2)
    name = made.name
    return replace(made, name=name[:place] + name[place + 1] + name[place] + name[place + 2 :])


def _doubled(made: Made, rng: Rng) -> Made:
    place = rng.randrange(2, len(made.name) // 2)
    return replace(made, name=made.name[:place] + made.name[place] + made.name[place:])


def _glued(made: Made, rng: Rng) -> Made:
    first, _sep, rest = made.name.partition(" ")
    return replace(made, name=first + rest[:1].lower() + rest[1:])


def _filled_up(made: Made, rng: Rng) -> Made:
    first, second, *rest = made.name.split(" ")
    word = rng.choice(["Group", "International", "Holding", "Solutions"])
    return replace(made, name=" ".join([first, second, word, *rest]))


def _shouted(made: Made, rng: Rng) -> Made:
    return replace(made, name=made.name.upper().replace(" ", "  "))


def _by_mail(made: Made, rng: Rng) -> Made:
    return replace(made, website=f"info@{made.website}" if made.website else "")


def _spaced_tax(made: Made, rng: Rng) -> Made:
    spaced = " ".join(made.tax[place : place + 3] for place in range(0, len(made.tax), 3))
    return replace(made, tax=spaced.lower().replace(" ", rng.choice([" ", ".", "-"])))


def _bare_name(made: Made, rng: Rng) -> Made:
    return replace(made, name=" ".join(made.name.split(" ")[:2]), country="")


def _without_marks(made: Made, rng: Rng) -> Made:
    return replace(made, name=_plain(made.name).title())


def second_set(*, known: int, asked: int, seed: int) -> Set:
    rng = Rng(seed)
    people = [f"{one} {trade}" for one in SECOND_NAMES.split() for trade in SECOND_TRADES.split()]
    rng.shuffle(people)

    def company(words: str) -> Made:
        country = rng.choice(list(SECOND_FORMS))
        label = rng.choice(["-", ""]).join(_plain(words).lower().split())
        return Made(
            f"{words} {rng.choice(SECOND_FORMS[country])}",
            f"{label}.{rng.choice([country.lower(), 'com', 'eu'])}" if rng.random() < 0.6 else "",
            f"{country}{rng.randrange(10**7, 10**8)}" if rng.random() < 0.5 else "",
            country,
        )

    mistakes = (
        _swapped, _doubled, _glued, _filled_up, _shouted, _by_mail, _spaced_tax, _bare_name,
        _without_marks,
    )  # fmt: skip
    return _set(people, company, mistakes, known=known, asked=asked, rng=rng)


# ── The third set, held out: invented and Iberian, Dutch and Baltic names of one to three words ──

THIRD_NAMES = """
    Quantero Zephyra Kestrelway Meridiano Valdoro Castellar Aguirre Etxeberria Vandenberg Hoekstra
    Kuipers Dijkgraaf Bērziņš Ozoliņš Jankauskas Tamm Saarinen Kask Montserrat Oliveira Azevedo
    Sepúlveda Ibáñez Zubiri Novaterra Brightmoor Oakhaven Pinecrest Larkfield Copperhill
"""
THIRD_TRADES = """
    Café Energía Bloemen Zuivel Kaas Optics Bakeries Cement Dairy Orchards Tiles Cork Seafood
    Printing Scaffolding Roofing Insurance Avionics Elevators Sensors
"""
THIRD_FORMS = {
    "ES": ["S.L.", "S.A.U.", "Sociedad Limitada"],
    "NL": ["B.V.", "N.V.", "V.O.F."],
    "EE": ["OÜ", "AS"],
    "LT": ["UAB"],
    "LV": ["SIA"],
    "US": ["Inc.", "LLC", "Corp.", "Corporation"],
}


def _letter_lost_late(made: Made, rng: Rng) -> Made:
    first, sep, rest = made.name.partition(" ")
    place = rng.randrange(len(first) // 2, len(first))
    return replace(made, name=first[:place] + first[place + 1 :] + sep + rest)


def _wrong_vowel(made: Made, rng: Rng) -> Made:
    places = [at for at, letter in enumerate(made.name[:12]) if letter in "aeiou"]
    at = rng.choice(places or [1])
    return replace(made, name=made.name[:at] + rng.choice("aeiou") + made.name[at + 1 :])


def _form_first(made: Made, rng: Rng) -> Made:
    form = rng.choice(THIRD_FORMS[made.country])
    bare = made.name
    for one in sorted(THIRD_FORMS[made.country], key=len, reverse=True):
        bare = bare.removesuffix(f" {one}")
    return replace(made, name=f"{form} “{bare}”")


def _country_added(made: Made, rng: Rng) -> Made:
    return replace(made, name=f"{made.name} ({rng.choice(['Europe', 'Deutschland', 'USA'])})")


def _address_of_a_page(made: Made, rng: Rng) -> Made:
    return replace(made, website=made.website and f"http://www2.{made.website}:8080/home?x=1")


def _tax_digit(made: Made, rng: Rng) -> Made:
    if not made.tax:
        return made
    at = rng.randrange(2, len(made.tax) - 1)
    return replace(made, tax=made.tax[:at] + made.tax[at + 1] + made.tax[at] + made.tax[at + 2 :])


def _accents_lost(made: Made, rng: Rng) -> Made:
    bare = unicodedata.normalize("NFKD", made.name)
    return replace(made, name="".join(one for one in bare if not unicodedata.combining(one)))


def third_set(*, known: int, asked: int, seed: int) -> Set:
    rng = Rng(seed)
    names, trades = THIRD_NAMES.split(), THIRD_TRADES.split()
    people = [f"{one} {trade}" for one in names for trade in trades] + names
    people += [f"{one} & {other} {rng.choice(trades)}" for one, other in pairwise(names)]
    rng.shuffle(people)

    def company(words: str) -> Made:
        country = rng.choice(list(THIRD_FORMS))
        bare = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
        label = bare.replace(" & ", "-").replace(" ", rng.choice(["", "-"]))
        return Made(
            f"{words} {rng.choice(THIRD_FORMS[country])}",
            f"{label}.{rng.choice([country.lower(), 'com', 'eu', 'net'])}"
            if rng.random() < 0.6
            else "",
            f"{country}{rng.randrange(10**8, 10**9)}" if rng.random() < 0.4 else "",
            country,
        )

    mistakes = (
        _letter_lost_late, _wrong_vowel, _form_first, _country_added, _address_of_a_page,
        _tax_digit, _accents_lost,
    )  # fmt: skip
    return _set(people, company, mistakes, known=known, asked=asked, rng=rng)


def _set(
    people: Sequence[str],
    company: Callable[[str], Made],
    mistakes: Sequence[Mistake],
    *,
    known: int,
    asked: int,
    rng: Rng,
) -> Set:
    """Half of those asked for are known ones with one to three mistakes, some with fields left
    out; the others share a name or a trade with many known ones, and are nobody of them."""
    registered = [company(words) for words in people[:known]]
    strangers = [company(words) for words in people[known : known + asked // 2]]
    wanted: list[tuple[Made, int | None]] = [(one, None) for one in strangers]
    for place in rng.sample(range(known), asked - len(strangers)):
        made = registered[place]
        for mistake in rng.sample(list(mistakes), rng.choice((1, 1, 2, 3))):
            made = mistake(made, rng)
        if rng.random() < 0.25:
            made = replace(made, website="")
        if rng.random() < 0.4:
            made = replace(made, tax="")
        wanted.append((made, place))
    return Set(registered, wanted)


def _plain(text: str) -> str:
    pairs = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "o", "å": "a", "Ø": "O", "Ö": "O",
             "è": "e", "ł": "l", "ś": "s", "ń": "n", "á": "a", "ř": "r", "ó": "o", "ć": "c",
             "ç": "c", "ı": "i", "Å": "A"}  # fmt: skip
    return "".join(pairs.get(letter, letter) for letter in text.lower())
