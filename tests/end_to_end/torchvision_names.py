"""Names of torchvision, which need not be there, for classes of the tests' own."""
import sys
import types


def name_as_torchvision(made, path):
    """The class is found and saved as `made` of that module."""
    parts = path.split(".")
    for i in range(len(parts)):
        name = ".".join(parts[:i + 1])
        sys.modules.setdefault(name, types.ModuleType(name))
    made.__module__, made.__qualname__ = path, made.__name__
    setattr(sys.modules[path], made.__name__, made)
