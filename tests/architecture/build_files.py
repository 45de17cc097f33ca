"""Reads BUILD files: enough of Starlark, which is Python's syntax, to know every target's sources and deps."""

import ast
import os
import re
from dataclasses import dataclass, field

BUILTINS = {f.__name__: f for f in (dict, len, list, range, sorted, str)}
SKIPPED = {"node_modules", "venv", "offline"}


@dataclass
class Target:
    rule: str
    package: str
    name: str
    line: int
    srcs: list = field(default_factory=list)  # paths from the root, where they are files
    hdrs: list = field(default_factory=list)
    deps: list = field(default_factory=list)  # labels: //package:name, @repository//...
    implementation_deps: list = field(default_factory=list)
    testonly: bool = False

    @property
    def label(self):
        return "//%s:%s" % (self.package, self.name)

    @property
    def where(self):
        return "%s:%d" % (os.path.join(self.package, "BUILD.bazel"), self.line)


class Unreadable(Exception):
    pass


def folders(root):
    """The folders of this project; one with a WORKSPACE or MODULE.bazel of its own is another project."""
    for folder, below, files in os.walk(root):
        if folder != root and {"WORKSPACE", "MODULE.bazel", "WORKSPACE.bazel"} & set(files):
            below[:] = []
            continue
        below[:] = sorted(d for d in below if d not in SKIPPED and not d.startswith((".", "bazel-")))
        yield "" if folder == root else os.path.relpath(folder, root), files


def full_label(label, package):
    if label.startswith("@"):
        return label
    if label.startswith("//"):
        path = label[2:]
        return label if ":" in path else "//%s:%s" % (path, path.rsplit("/", 1)[-1])
    return "//%s:%s" % (package, label.lstrip(":"))


def glob_files(root, package, patterns, exclude):
    base = os.path.join(root, package)
    found = []
    for folder, below, files in os.walk(base):
        relative = os.path.relpath(folder, base)
        if relative != "." and "BUILD.bazel" in files:
            below[:] = []
            continue
        found += [os.path.normpath(os.path.join(relative, f)) for f in files]

    def fits(name, pattern):
        regex = re.escape(pattern).replace(r"\*\*/", "(.*/)?").replace(r"\*\*", ".*").replace(r"\*", "[^/]*")
        return re.fullmatch(regex, name)

    return sorted(f for f in found
                  if any(fits(f, p) for p in patterns) and not any(fits(f, p) for p in exclude))


class Reader:
    """Evaluates the expressions of one BUILD file; what only a load() could tell is None."""

    def __init__(self, root, package):
        self.root, self.package = root, package
        self.names = {"True": True, "False": False, "None": None}
        self.targets = []
        self.package_testonly = False

    def run(self, text):
        for statement in ast.parse(text).body:
            if isinstance(statement, ast.Assign):
                self.names[statement.targets[0].id] = self.value(statement.value)
            elif isinstance(statement, ast.Expr):
                self.value(statement.value)
            else:
                raise Unreadable("line %d: not a call or an assignment" % statement.lineno)
        return self.targets

    def value(self, node):
        method = getattr(self, "on_" + type(node).__name__, None)
        if method is None:
            raise Unreadable("line %d: cannot read a %s" % (node.lineno, type(node).__name__))
        return method(node)

    def on_Constant(self, node):
        return node.value

    def on_Name(self, node):
        return self.names.get(node.id)

    def on_List(self, node):
        return [self.value(item) for item in node.elts]

    def on_Tuple(self, node):
        return tuple(self.value(item) for item in node.elts)

    def on_Dict(self, node):
        return {self.value(k): self.value(v) for k, v in zip(node.keys, node.values)}

    def on_Subscript(self, node):
        return self.value(node.value)[self.value(node.slice)]

    def on_UnaryOp(self, node):
        value = self.value(node.operand)
        return -value if isinstance(node.op, ast.USub) else not value

    def on_BinOp(self, node):
        left, right = self.value(node.left), self.value(node.right)
        return left % right if isinstance(node.op, ast.Mod) else left + right

    def on_IfExp(self, node):
        return self.value(node.body if self.value(node.test) else node.orelse)

    def on_Compare(self, node):
        left, right = self.value(node.left), self.value(node.comparators[0])
        tests = {ast.Eq: lambda: left == right, ast.NotEq: lambda: left != right,
                 ast.In: lambda: left in right, ast.NotIn: lambda: left not in right}
        return tests[type(node.ops[0])]()

    def on_ListComp(self, node):
        return self.comprehend(node.generators, lambda: self.value(node.elt))

    def on_DictComp(self, node):
        return dict(self.comprehend(node.generators, lambda: (self.value(node.key), self.value(node.value))))

    def comprehend(self, generators, item):
        if not generators:
            return [item()]
        first, out = generators[0], []
        for value in self.value(first.iter):
            names = first.target.elts if isinstance(first.target, ast.Tuple) else [first.target]
            values = value if isinstance(first.target, ast.Tuple) else [value]
            self.names.update({n.id: v for n, v in zip(names, values)})
            if all(self.value(test) for test in first.ifs):
                out += self.comprehend(generators[1:], item)
        return out

    def on_Call(self, node):
        if isinstance(node.func, ast.Attribute):
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id in ("native", "selects"):
                return None
            return getattr(self.value(owner), node.func.attr)(*[self.value(a) for a in node.args])
        name = node.func.id
        arguments = {k.arg: self.value(k.value) for k in node.keywords if k.arg}
        if name == "load":
            return None
        if name == "glob":
            patterns = self.value(node.args[0]) if node.args else arguments["include"]
            return glob_files(self.root, self.package, patterns, arguments.get("exclude") or [])
        if name == "select":
            return [item for values in self.value(node.args[0]).values() for item in values or []]
        if name in BUILTINS:
            return BUILTINS[name](*[self.value(a) for a in node.args])
        if name == "package":
            self.package_testonly = bool(arguments.get("default_testonly"))
        elif "name" in arguments:
            self.targets.append(self.target(name, node.lineno, arguments))
        return None

    def target(self, rule, line, arguments):
        target = Target(rule, self.package, arguments["name"], line)
        for kind in ("srcs", "hdrs"):
            for item in arguments.get(kind) or []:
                label = full_label(item, self.package)
                path = label[2:].replace(":", "/").lstrip("/")
                if not label.startswith("@") and os.path.isfile(os.path.join(self.root, path)):
                    getattr(target, kind).append(path)
        for kind in ("deps", "implementation_deps"):
            setattr(target, kind, [full_label(d, self.package) for d in arguments.get(kind) or []])
        target.testonly = bool(arguments.get("testonly", self.package_testonly)) or rule.endswith("_test")
        return target


def read_targets(root):
    """All targets of the tree below `root`, and what could not be read."""
    targets, problems = [], []
    for package, files in folders(root):
        for name in ("BUILD.bazel", "BUILD"):
            if name not in files:
                continue
            path = os.path.join(root, package, name)
            with open(path, encoding="utf-8") as file:
                text = file.read()
            try:
                targets += Reader(root, package).run(text)
            except (Unreadable, SyntaxError, KeyError, TypeError, AttributeError) as error:
                problems.append("%s: cannot be read: %s" % (os.path.join(package, name), error))
            break
    return targets, problems
