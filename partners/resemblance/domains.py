"""Web addresses as they are compared: the domain that somebody registered, without its hosts.

The public suffixes are those under which companies have their sites, by rule where a country has
many (co.uk, com.au) and by name where a service lets out names (wixsite.com). The whole list of the
world's suffixes changes daily; one that is missing makes two customers look more alike, which a
person then sees, and hides none.
"""

import re

# shop.co.uk belongs to shop, not to co: under a country's code these are no names of companies.
_NO_NAMES = """
    co com net org gov edu ac ne or go gob gouv ltd plc me nom ind gen firm web info biz sch
    id in mil asso tm ad lg ed gr
"""
_SECOND = frozenset(_NO_NAMES.split())
_SUFFIXES = """
    github.io gitlab.io wordpress.com wixsite.com blogspot.com myshopify.com herokuapp.com
    azurewebsites.net web.app netlify.app vercel.app pages.dev jimdofree.com jimdosite.com
    weebly.com squarespace.com business.site godaddysites.com webflow.io site123.me uk.com us.com
    eu.com de.com cloudfront.net appspot.com my.canva.site
"""
_LET_OUT = frozenset(_SUFFIXES.split())
# A mailbox says nothing about who pays for it.
_ANYBODYS = """
    gmail.com googlemail.com outlook.com hotmail.com live.com yahoo.com icloud.com aol.com gmx.de
    gmx.net web.de t-online.de freenet.de orange.fr wanadoo.fr laposte.net libero.it mail.ru
    yandex.ru qq.com 163.com proton.me protonmail.com hotmail.co.uk yahoo.co.uk btinternet.com
    facebook.com linkedin.com instagram.com
"""
_MAILBOXES = frozenset(_ANYBODYS.split())
_HOST = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})"
)
LONGEST = 120


class BadAddress(ValueError):
    def __init__(self, text: str) -> None:
        super().__init__(f"“{text[:60]}” is no web address; write it like example.com.")


def host_of(text: str) -> str:
    """The host in a web or e-mail address, in its ASCII form; "" of nothing. Raises BadAddress."""
    bare = text.strip().lower()
    if not bare:
        return ""
    bare = re.sub(r"^[a-z][a-z0-9+.-]*://", "", bare)
    bare = re.split(r"[/?#]", bare, maxsplit=1)[0].rpartition("@")[2]
    bare = bare.partition(":")[0].strip(".")
    try:
        host = bare if bare.isascii() else bare.encode("idna").decode()
    except UnicodeError:
        raise BadAddress(text) from None
    if len(host) > LONGEST or not _HOST.fullmatch(host):
        raise BadAddress(text)
    return host


def site_of(host: str) -> str:
    """The registered domain: shop.example.co.uk is example.co.uk; "" for a mailbox of anybody's."""
    labels = host.split(".")
    if len(labels) < 2:
        return ""
    suffix = 1
    if ".".join(labels[-2:]) in _LET_OUT or (
        len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND
    ):
        suffix = 2
    elif len(labels) > 3 and ".".join(labels[-3:]) in _LET_OUT:
        suffix = 3
    site = ".".join(labels[-suffix - 1 :])
    return "" if site in _MAILBOXES else site


def label_of(site: str) -> str:
    """The name without its suffix: example of example.co.uk."""
    return site.partition(".")[0]
