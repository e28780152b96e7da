"""Company names as they are compared: without legal form, accents, punctuation and order of words.

“Müller & Söhne GmbH”, “MUELLER UND SOEHNE” and “Söhne Müller G.m.b.H.” have the same words.
"""

import re
import unicodedata
from functools import lru_cache

# What decomposition leaves as it is; Cyrillic and Greek as passports write them.
_LETTERS = str.maketrans(
    {
        "ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th",
        "ı": "i", "ħ": "h", "ŋ": "n",
        "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ж": "zh", "з": "z",
        "и": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r",
        "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh",
        "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "iu", "я": "ia", "і": "i",
        "є": "ie", "ґ": "g", "ђ": "d", "ј": "j", "љ": "lj", "њ": "nj", "ћ": "c", "џ": "dz",
        "α": "a", "β": "v", "γ": "g", "δ": "d", "ε": "e", "ζ": "z", "η": "i", "θ": "th",
        "ι": "i", "κ": "k", "λ": "l", "μ": "m", "ν": "n", "ξ": "x", "ο": "o", "π": "p",
        "ρ": "r", "σ": "s", "ς": "s", "τ": "t", "υ": "y", "φ": "f", "χ": "ch", "ψ": "ps",
        "ω": "o",
    }
)  # fmt: skip
# ä is written ae, a or ä by the same people: all three become a.
_UMLAUT = re.compile("(?<=[aou])e")
_DOTS = re.compile(r"[.'’`´]")
_BREAKS = re.compile(r"[^\w]+|_")

_FORMS = """
    gmbh mbh ug ag kg kgaa ohg gbr ek eg ev se ltd limited plc llp lllp llc lc inc incorporated
    corp corporation co company cie pllc pc pbc pty sarl sas sasu sa eurl snc sci scop spa srl srls
    sapa soc scarl sl slu slne sau sca scl bv nv vof cv bvba sprl asbl vzw cvba ab hb aktiebolag as
    asa ans aps ps is oy oyj ky tmi ehf hf spzoo sp zoo z oo jdg spk sk zrt kft bt nyrt kkt doo dd
    jdoo ad ood eood srldoo sro as ks vos oue ou uab mb sia ik oao ooo zao pao ip too ojsc cjsc jsc
    pjsc kk gk yk godo kaisha kabushiki pte sdn bhd tbk pt berhad pvt private opc ltda eireli me epp
    lda unipessoal sab rl sapi cvrl anonim sirketi sti ao bhd wll fze fzco fzllc epe ae oe ee ike
    mepe ges gesmbh
"""
LEGAL_FORMS = frozenset(_FORMS.split())
_BETWEEN = "and und et y e i og och en the der die das le la les los el de du of"
CONNECTORS = frozenset(_BETWEEN.split())
# Words that many companies share tell little about which one it is.
_SHARED = """
    group gruppe grupo groupe gruppo holding holdings international global worldwide europe europa
    germany deutschland france italia espana usa america uk solutions solution systems system
    services service technologies technology tech consulting consultants software digital trading
    partners partner industries industry enterprises enterprise sons sohn sohne brothers bruder
    gebruder freres hijos figli fils management products global network networks data media
    gesellschaft aktiengesellschaft societe sociedad societa spolka anonyme anonima
"""
GENERIC = frozenset(_SHARED.split())
_SAME = {
    "intl": "international",
    "mfg": "manufacturing",
    "bros": "brothers",
    "gebr": "gebruder",
    "tech": "technologies",
    "technology": "technologies",
    "solution": "solutions",
    "system": "systems",
    "sys": "systems",
    "service": "services",
    "svcs": "services",
}


@lru_cache(maxsize=4096)
def words_of(name: str) -> tuple[str, ...]:
    """The telling words of a company's name, sorted; of a name that is all legal form, all."""
    plain = plainly(_DOTS.sub("", name.replace("/", "")))
    words = [word for word in _BREAKS.split(plain) if word]
    words = [_SAME.get(word, word) for word in _joined_letters(words)]
    telling = [word for word in words if word not in LEGAL_FORMS and word not in CONNECTORS]
    return tuple(sorted(telling or words))


def plainly(text: str) -> str:
    """Small letters without accents; umlauts as their bare vowel, however they were written."""
    folded = text.casefold().translate(_LETTERS)
    bare = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", folded)
        if not unicodedata.combining(letter)
    )
    return _UMLAUT.sub("", bare.translate(_LETTERS))


def _joined_letters(words: list[str]) -> list[str]:
    """“s r l” is srl, and “k k” is kk: letters that stand alone belong together."""
    joined: list[str] = []
    alone = ""
    for word in [*words, ""]:
        if len(word) == 1 and word.isalpha():
            alone += word
            continue
        if alone:
            joined.append(alone)
            alone = ""
        if word:
            joined.append(word)
    return joined


def weight_of(word: str) -> float:
    """Short words are often a legal form that nobody has thought of."""
    return 0.3 if word in GENERIC or len(word) < 4 else 1.0
