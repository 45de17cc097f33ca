#!/usr/bin/env python3
"""Compares the #includes and the BUILD files of a tree with edges.py. Usage: check.py ROOT

1. A quoted #include begins with zoo/, names a file that is there, and crosses rooms only along an edge.
   In files that are built elsewhere it may name one beside them.
2. A #include in angle brackets is the standard library's, POSIX's, or of a library that this file may use.
3. A target's deps are exactly the targets and libraries that its #includes need.
4. Every .cc and .h is in a target.
5. Nothing that //cli:zoo is made of needs LibTorch.
"""

import os
import re
import sys
from collections import defaultdict

import build_files
import edges

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)
SOURCES = (".cc", ".h", ".cpp", ".hpp", ".cxx", ".c")
ZOO = "//cli:zoo"
# The macros of bazel/cc.bzl and tests/fuzz/fuzz.bzl add these themselves.
IMPLIED = {"zoo_test": ["@googletest"], "fuzz_target": []}


def repository(label):
    return label.split("//")[0] if label.startswith("@") else None


def library_of(header):
    for library, (prefixes, _) in edges.LIBRARIES.items():
        if any(header == p or (p.endswith("/") and header.startswith(p)) for p in prefixes):
            return library
    return None


def is_system(header):
    if "." not in header and "/" not in header:
        return True
    return any(header == p or (p.endswith("/") and header.startswith(p)) for p in edges.SYSTEM)


class Tree:
    def __init__(self, root):
        self.root = root
        self.targets, self.problems = build_files.read_targets(root)
        self.by_label = {t.label: t for t in self.targets}
        self.files = sorted(os.path.join(folder, f) if folder else f
                            for folder, names in build_files.folders(root)
                            for f in names if f.endswith(SOURCES))
        self.includes = {f: self.read_includes(f) for f in self.files}
        self.users = defaultdict(list)  # file -> targets that compile or offer it
        for target in self.targets:
            for path in target.srcs + target.hdrs:
                self.users[path].append(target)
        self.zoo = self.closure(ZOO)

    def read_includes(self, path):
        with open(os.path.join(self.root, path), encoding="utf-8") as file:
            text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.DOTALL)
        return [(quoted, angled) for quoted, angled in INCLUDE.findall(text)]

    def closure(self, label):
        seen, todo = set(), [label]
        while todo:
            target = self.by_label.get(todo.pop())
            if target and target.label not in seen:
                seen.add(target.label)
                todo += target.deps + target.implementation_deps
        return seen

    def room(self, path):
        room = path.split("/")[0]
        if room != "cli":
            return room
        of_zoo = any(t.label in self.zoo for t in self.users[path])
        return "cli" if of_zoo or ZOO not in self.by_label else edges.RUN

    def is_test(self, path):
        return all(t.testonly for t in self.users[path]) if self.users[path] else path.endswith("_test.cc")

    def say(self, where, what):
        self.problems.append("%s: %s" % (where, what))


def check_quoted(tree, path, header):
    room = tree.room(path)
    if not header.startswith("zoo/"):
        beside = os.path.join(os.path.dirname(path), header)
        if room in edges.BUILT_ELSEWHERE and beside in tree.files:
            return None
        return tree.say(path, 'includes "%s"; ours begin with zoo/' % header)
    target = header[len("zoo/"):]
    if not os.path.isfile(os.path.join(tree.root, target)):
        return tree.say(path, 'includes "%s", which is not in the tree' % header)
    other = target.split("/")[0]
    free = room in edges.FREE or (tree.is_test(path) and other == "tests")
    if free or other == room or (room == edges.RUN and other == "cli"):
        return None
    if other not in edges.ROOMS.get(room, set()):
        return tree.say(path, 'includes "%s", but %s may not use %s' % (header, room, other))
    parts = edges.PARTS.get((room, other))
    if parts and target not in parts and not tree.is_test(path):
        tree.say(path, 'includes "%s", but %s may use only %s of %s' %
                 (header, room, ", ".join(sorted(parts)), other))
    return None


def check_angled(tree, path, header):
    library = library_of(header)
    if library is None:
        if not is_system(header):
            tree.say(path, "includes <%s>, which is of no library in edges.py" % header)
        return
    room, allowed = tree.room(path), edges.LIBRARIES[library][1]
    if room in edges.FREE or (tree.is_test(path) and library == "@googletest"):
        return
    if room not in allowed and path not in allowed:
        tree.say(path, "includes <%s>, but %s is only for %s" %
                 (header, library, ", ".join(sorted(allowed)) or "tests"))


def check_includes(tree):
    for path in tree.files:
        for quoted, angled in tree.includes[path]:
            if quoted:
                check_quoted(tree, path, quoted)
            else:
                check_angled(tree, path, angled)


def needs(tree, target):
    """What each #include of the target asks for: (header, the labels of which one must be among the deps).

    A header of the target's own may be another's too, which carries out the rest of it.
    """
    own = set(target.srcs + target.hdrs)
    for path in target.srcs + target.hdrs:
        for quoted, angled in tree.includes.get(path, []):
            if angled:
                library = library_of(angled)
                if library:
                    yield angled, {library}
            elif quoted.startswith("zoo/"):
                offering = {t.label for t in tree.users[quoted[4:]] if quoted[4:] in t.hdrs}
                if offering:
                    yield quoted, offering | ({"own"} if quoted[4:] in own else set())


def check_deps(tree):
    for target in tree.targets:
        if not any(p.endswith(SOURCES) for p in target.srcs + target.hdrs):
            continue
        listed = target.deps + target.implementation_deps
        deps = {repository(d) or d for d in listed} | set(IMPLIED.get(target.rule, [])) | {"own"}
        used = set(IMPLIED.get(target.rule, []))
        for header, offering in needs(tree, target):
            used |= offering & deps
            if not offering & deps:
                tree.say(target.where, "%s includes %s, but its deps lack %s" %
                         (target.name, header, " or ".join(sorted(offering))))
        for label in listed:
            dep = tree.by_label.get(label)
            only_linked = dep is not None and not dep.hdrs
            if (repository(label) or label) not in used and not only_linked:
                tree.say(target.where, "%s lists %s, but no #include needs it" % (target.name, label))


def check_every_file_is_built(tree):
    for path in tree.files:
        if not tree.users[path] and tree.room(path) not in edges.BUILT_ELSEWHERE:
            tree.say(path, "is in no BUILD target")


def check_zoo_has_no_torch(tree):
    for label in sorted(tree.zoo):
        for dep in tree.by_label[label].deps:
            if repository(dep) == "@libtorch" or dep.startswith(("//models", "//loader")):
                tree.say(tree.by_label[label].where, "%s, which is part of %s, needs %s" % (label, ZOO, dep))


def check(root):
    tree = Tree(root)
    if tree.problems:  # of a BUILD file that cannot be read; every file of it would be reported too
        return tree, tree.problems
    check_includes(tree)
    check_deps(tree)
    check_every_file_is_built(tree)
    check_zoo_has_no_torch(tree)
    return tree, sorted(set(tree.problems))


def main():
    tree, problems = check(sys.argv[1])
    print("\n".join(problems))
    print("%d files, %d targets, %d problems" % (len(tree.files), len(tree.targets), len(problems)))
    if not tree.files or not tree.targets:
        print("nothing was read: %s is no checkout of this project" % sys.argv[1])
        return 1
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
