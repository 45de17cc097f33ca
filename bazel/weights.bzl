"""The weights of a zoo.lock as build inputs: @weights//:ALIAS. docs/bazel_weights.md tells how to use them.

Each is a repository of its own behind an alias in @weights, so that only what a build uses is fetched. Bazel
looks for the lock's SHA-256 in its repository cache first, then asks the lock's URLs in order.
"""

load("@bazel_tools//tools/build_defs/repo:utils.bzl", "read_netrc", "use_netrc")
load("//bazel:lock.bzl", "parse_lock", "urls_at")

def _fail(sentence):
    fail("\n\n%s\n" % sentence)

def _netrc(rctx):
    path = rctx.os.environ.get("NETRC", rctx.os.environ.get("HOME", "") + "/.netrc")
    return read_netrc(rctx, path) if path.startswith("/") and rctx.path(path).exists else {}

def _auth(rctx):
    """HF_TOKEN for huggingface.co, else what .netrc has, and only for the host that the lock names."""
    host = rctx.attr.auth_host
    urls = urls_at(host, rctx.attr.urls)
    token = rctx.os.environ.get("HF_TOKEN", "") if host == "huggingface.co" else ""
    if token:
        bearer = {"type": "pattern", "pattern": "Bearer <password>", "login": "", "password": token}
        return {url: bearer for url in urls}
    return use_netrc(_netrc(rctx), urls, {}) if urls else {}

def _locked_weights_impl(rctx):
    if rctx.attr.unusable:
        _fail(rctx.attr.unusable)
    rctx.download(url = rctx.attr.urls, output = rctx.attr.file, sha256 = rctx.attr.sha256, auth = _auth(rctx))
    rctx.file("BUILD.bazel", "exports_files([%r])\n" % rctx.attr.file)

# HF_TOKEN is in no `environ`: another token brings the same bytes, and is no reason to fetch them again.
_locked_weights = repository_rule(
    implementation = _locked_weights_impl,
    attrs = {
        "auth_host": attr.string(),
        "file": attr.string(mandatory = True),
        "sha256": attr.string(mandatory = True),
        "unusable": attr.string(doc = "why they cannot be fetched"),
        "urls": attr.string_list(),
    },
)

def _read_lock(context, lock):
    weights, problem = parse_lock(context.read(lock), "/".join([p for p in [lock.package, lock.name] if p]))
    if problem:
        _fail(problem)
    return weights

def _repository(prefix, item):
    return prefix + "_" + item["alias"]

def _declare(prefix, item):
    _locked_weights(
        name = _repository(prefix, item),
        **{field: value for field, value in item.items() if field != "alias"}
    )

_ALIAS = """\
alias(
    name = {name},
    actual = {actual},
    visibility = ["//visibility:public"],
)
"""

_REPOS = """\
load({here}, "declare_locked_weights")

def weights_repositories():
    declare_locked_weights({prefix}, {weights})
"""

def _hub_impl(rctx):
    weights = _read_lock(rctx, rctx.attr.lock)
    prefix = rctx.attr.prefix
    rctx.file("BUILD.bazel", "\n".join([
        _ALIAS.format(
            name = repr(item["alias"]),
            actual = repr("@%s//:%s" % (_repository(prefix, item), "unusable" if item["unusable"] else item["file"])),
        )
        for item in weights
    ]))
    here = str(Label("//bazel:weights.bzl"))  # Bazel 4 leaves out the @ of the main repository
    rctx.file("repos.bzl", _REPOS.format(
        here = repr(here if here[0] == "@" else "@" + here),
        prefix = repr(prefix),
        weights = repr(weights),
    ))

_hub = repository_rule(
    implementation = _hub_impl,
    attrs = {
        "lock": attr.label(allow_single_file = True, mandatory = True),
        "prefix": attr.string(mandatory = True),
    },
)

def zoo_weights(name, lock):
    """In a WORKSPACE: the weights of a lock file as @NAME//:ALIAS.

    Followed by load("@NAME//:repos.bzl", "weights_repositories") and weights_repositories().

    Args:
      name: of the repository, usually "weights"
      lock: label of the zoo.lock
    """
    _hub(name = name, lock = lock, prefix = name)

def declare_locked_weights(prefix, weights):
    """What weights_repositories() calls: one repository for each of the weights.

    Args:
      prefix: name of the lock's repository
      weights: what parse_lock returned
    """
    for item in weights:
        if native.existing_rule(_repository(prefix, item)):
            _fail("@%s//:%s needs the repository @%s, and there is one of that name: choose another name for @%s" % (
                prefix,
                item["alias"],
                _repository(prefix, item),
                prefix,
            ))
        _declare(prefix, item)

def weights_extension_impl(mctx):
    """The same for Bzlmod.

    Args:
      mctx: the module extension's context
    """
    owners = {}
    for module in mctx.modules:
        for tag in module.tags.lock:
            if tag.name in owners:
                _fail("the modules %s and %s both have a lock named %s: one of them must choose another name" % (
                    owners[tag.name],
                    module.name,
                    tag.name,
                ))
            owners[tag.name] = module.name
            _hub(name = tag.name, lock = tag.file, prefix = tag.name)
            for item in _read_lock(mctx, tag.file):
                _declare(tag.name, item)
