"""For a MODULE.bazel: the weights of a zoo.lock as @weights//:ALIAS.

    weights = use_extension("@zoo//bazel:extensions.bzl", "weights")
    weights.lock(file = "//:zoo.lock")
    use_repo(weights, "weights")
"""

load("//bazel:weights.bzl", "weights_extension_impl")

weights = module_extension(
    implementation = weights_extension_impl,
    tag_classes = {"lock": tag_class(attrs = {
        "file": attr.label(mandatory = True, doc = "the zoo.lock"),
        "name": attr.string(default = "weights", doc = "of the repository"),
    })},
)
