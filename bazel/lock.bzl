"""Reads a zoo.lock ("zoo/lock/1", written by `zoo lock`). Pure: text in, values out.

What goes from it into a label, a build file or a download is checked here, as if a stranger had written it.
"""

_SCHEMA = "zoo/lock/1"

_LOWER = "abcdefghijklmnopqrstuvwxyz"
_DIGITS = "0123456789"
_ALPHANUMERIC = _LOWER + _LOWER.upper() + _DIGITS
_IN_FILE_NAME = _ALPHANUMERIC + "._-+=,~"  # a label that began with @ would be another repository
_IN_URL = _ALPHANUMERIC + "-._~:/?#[]@!$&'()*+,;=%"

# Patterns and files that Bazel knows under these names.
_BAZELS_OWN = ["all", "all-targets", "build", "repos.bzl", "visibility", "workspace", "workspace.bzlmod"]

_LONGEST_ALIAS = 128
_LONGEST_FILE_NAME = 255
_LONGEST_URL = 8192

def _consists_of(text, characters):
    return all([c in characters for c in text.elems()])

def _is_bazels_own(text):
    return text.lower() in _BAZELS_OWN or text.lower().endswith(".bazel")

def _is_alias(text):
    first = text[:1]
    return (first != "" and first in _ALPHANUMERIC and _consists_of(text, _ALPHANUMERIC + "._-") and
            len(text) <= _LONGEST_ALIAS and ".." not in text and not _is_bazels_own(text))

def _is_name(text):
    return text != "" and _consists_of(text, _ALPHANUMERIC + "._-/:@")

def _is_file_name(text):
    return text not in ["", ".", ".."] and "/" not in text and "\\" not in text and len(text) <= _LONGEST_FILE_NAME

def _is_sha256(text):
    return len(text) == 64 and _consists_of(text, "abcdef" + _DIGITS)

_FIELDS = [
    ("alias", _is_alias, "a target's name: letters, digits and ._-, a letter or digit first, no word of Bazel's"),
    ("name", _is_name, "the name of an entry"),
    ("file", _is_file_name, "a file's name without '/'"),
    ("sha256", _is_sha256, "64 lower-case hex digits"),
]

def _problem(item):
    """What is wrong with one of the weights, or None."""
    if type(item) != "dict":
        return "is not an object"
    for field, is_right, rule in _FIELDS:
        value = item.get(field)
        if type(value) != "string" or not is_right(value):
            return "%s is %s, and must be %s" % (field, repr(value)[:80], rule)
    sources = item.get("sources")
    if type(sources) != "list" or not all([type(s) in ["string", "dict"] for s in sources]):
        return "sources is %s, and must be a list of URLs and objects" % repr(sources)[:80]
    host = item.get("auth_host")
    if host != None and (type(host) != "string" or host == "" or not _consists_of(host, _LOWER + _DIGITS + ".-")):
        return "auth_host is %s, and must be null or a host's name in lower case" % repr(host)[:80]
    return None

def _authority(url):
    return url.split("://", 1)[-1].split("/")[0].split("?")[0].split("#")[0]

def _is_for_bazel(source):
    """A file: URL, or an https one whose authority is a host and holds no password."""
    if type(source) != "string" or len(source) > _LONGEST_URL or not _consists_of(source, _IN_URL):
        return False
    if source.startswith("file:///"):
        return len(source) > len("file:///")
    authority = _authority(source)
    return source.startswith("https://") and authority[:1] not in ["", ":"] and "@" not in authority

def _shown(source):
    """A source in a message: without what may be secret, or could confuse a terminal."""
    if type(source) == "dict":
        wheel = source.get("wheel")
        return "the wheel %s" % wheel if type(wheel) == "string" and _consists_of(wheel, _IN_URL) else "what is no URL"
    if not _consists_of(source, _IN_URL):
        return "a URL with other characters than URLs have"
    shown = source.split("?")[0].split("#")[0][:200]
    authority = _authority(shown)
    return shown.replace(authority, "***@" + authority.split("@")[-1]) if "@" in authority else shown

def _unusable(item, urls, where):
    """Why Bazel cannot fetch the weights, as a sentence for whoever uses them; "" if it can."""
    about = "%s: %s (%s)" % (where, item["alias"], item["name"])
    if not urls:
        return ("%s has no https or file URL, and Bazel takes weights from no other source; the lock gives %s. " +
                "Publish them in a folder or on an https server (zoo publish), and lock that entry.") % (
            about,
            ", ".join([_shown(s) for s in item["sources"]]) or "none",
        )
    file = item["file"]
    if not _consists_of(file, _IN_FILE_NAME) or _is_bazels_own(file):
        return ("%s is the file %s, whose name Bazel cannot take. " +
                "Publish it under a name of letters, digits and ._-+=,~ and lock that entry.") % (about, repr(file))
    return ""

def parse_lock(text, where):
    """Reads and checks the text of a lock file. Text that is no JSON ends the build.

    Args:
      text: what is in the file
      where: how messages call it

    Returns:
      A pair: the weights, one dictionary each, and what is wrong with the lock, or None. `urls` of weights are
      those of their sources that Bazel may ask, in order; `unusable` is a sentence if it cannot fetch them.
    """
    lock = json.decode(text)
    schema = lock.get("schema") if type(lock) == "dict" else None
    if schema != _SCHEMA:
        return [], "%s: its schema is %s, and this zoo reads %s; write it anew with zoo lock" % (
            where,
            repr(schema)[:80],
            _SCHEMA,
        )
    if type(lock.get("weights")) != "list":
        return [], "%s: it has no list of weights; write it anew with zoo lock" % where
    weights, aliases = [], {}
    for i, item in enumerate(lock["weights"]):
        problem = _problem(item)
        if problem:
            return [], "%s: weights[%d]: %s" % (where, i, problem)
        alias = item["alias"]
        if alias.lower() in aliases:  # the file system may not tell them apart
            return [], "%s: weights[%d]: the aliases %s and %s are too alike" % (where, i, aliases[alias.lower()], alias)
        aliases[alias.lower()] = alias
        urls = [s for s in item["sources"] if _is_for_bazel(s)]
        weights.append({
            "alias": alias,
            "auth_host": item.get("auth_host") or "",
            "file": item["file"],
            "sha256": item["sha256"],
            "unusable": _unusable(item, urls, where),
            "urls": urls,
        })
    return weights, None

def urls_at(host, urls):
    """The https URLs among `urls` whose host is exactly that one: a token for it may go to no other."""
    return [url for url in urls if host and url.startswith("https://" + host + "/")]
