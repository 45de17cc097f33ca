#include "zoo/cli/commands.h"

#include <algorithm>
#include <cstdlib>

namespace zoo::cli {
namespace {

constexpr Command kCommands[] = {
    {.name = "list",
     .summary = "list the weights that the registries know",
     .details = R"(One line for each set of weights: its name, parameters, accuracy on its own
benchmark, size of the file, licence where it restricts, and whether it is in the cache. No request
is made, but for news of an added registry that was not asked for a day.

  zoo list
  zoo list --family resnet --max-params 30M
  zoo list --cached --json)",
     .define = DefineList},
    {.name = "search",
     .summary = "list the weights whose name or description has all the words",
     .details = R"(The words are looked for in names, architectures, licences and benchmarks;
upper and lower case are the same. Finding nothing is not_found.

  zoo search resnet swag)",
     .define = DefineSearch},
    {.name = "show",
     .summary = "tell everything that is known of one set of weights",
     .details = R"(Where the file comes from and how it is recognised, what it was trained for,
how an input must be prepared, and whether it is in the cache. A file of which only the first digits
of its SHA-256 were published is marked "prefix only".

  zoo show resnet50
  zoo show resnet50:IMAGENET1K_V1 --json)",
     .define = DefineShow},
    {.name = "pull",
     .summary = "download weights, verify them and keep them in the cache",
     .details = R"(Prints the path of each verified file on standard output. What is in the cache
already costs no request. An interrupted download goes on where it stopped. A file is never visible
in the cache before its SHA-256 is known to be right.

  zoo pull resnet50
  zoo pull resnet18 resnet34 --json
  zoo pull efficientnet_lite0 --to weights.pth)",
     .define = DefinePull},
    {.name = "path",
     .summary = "print where weights are in the cache",
     .details = R"(Makes no request and writes nothing; weights that are not in the cache are
not_found.

  weights=$(zoo path resnet50))",
     .define = DefinePath},
    {.name = "verify",
     .summary = "check weights in the cache, or checkpoint files",
     .details = R"(A name: the cached file is hashed again. A file: its structure, checksums and
ranges are read, and with --fingerprint the weights themselves are compared. Without arguments the
whole cache is hashed. What is wrong is corrupt, and is moved out of the way if it is in the cache.

  zoo verify
  zoo verify resnet50 ./model.pth)",
     .define = DefineVerify},
    {.name = "inspect",
     .summary = "show what is inside a checkpoint, running nothing of it",
     .details = R"(Tensors with names, types, shapes and sizes; the other values; the objects that
only a Python program could build, named and left alone; and where the state dict is. A module that
was saved whole is shown as the tree of its modules.

  zoo inspect resnet50
  zoo inspect ./training.ckpt --tree
  zoo inspect ./model.pth --json --hash)",
     .define = DefineInspect},
    {.name = "diff",
     .summary = "compare the weights of two checkpoints",
     .details =
         R"(Whatever their formats: tensors are paired by name and compared by value. The same
weights are told with their fingerprint; otherwise each tensor that differs is listed with how many
elements do, by how much at most, absolutely and relative to the larger magnitude, and where the
first is. A difference is a mismatch, exit code 8.

  zoo diff a.pth b.safetensors
  zoo diff resnet18 ./mine.pth --key-b model --strip-prefix module.
  zoo diff full.pth half.pth --ignore-dtype --rtol 0.001)",
     .define = DefineDiff},
    {.name = "convert",
     .summary = "write a checkpoint anew, as zip, legacy or safetensors",
     .details = R"(Python reads the new file with torch.load(weights_only=True). All of the file is
kept, or it is an error: what only a Python program could build must be left out by --drop-objects,
or with everything else beside the state dict by --only-weights, and is listed then. A module that
was saved whole becomes its state dict. The file appears only when it is complete.

  zoo convert old.pth new.safetensors
  zoo convert checkpoint.pth.tar weights.safetensors --only-weights --strip-prefix module.
  zoo convert resnet50 small.pth --half --sha256)",
     .define = DefineConvert},
    {.name = "runs",
     .summary = "show the epochs of training runs, their metrics and checkpoints",
     .details = R"(Of each folder one line for each epoch: its metrics, the size of its checkpoint
or that it was pruned, how long it took, and when it was saved; the best one has a star. From
run.json, which zoo::Run writes, or, where there is none, from the checkpoints themselves, as
PyTorch, Lightning or timm leave them; what was found in those is remembered in the cache's folder.
Without arguments: the folder here.

  zoo runs saved
  zoo runs saved --last 10 --sort acc
  zoo runs saved --plot curves.svg
  zoo runs checkpoints --monitor val_loss --json)",
     .define = DefineRuns},
    {.name = "registry add",
     .summary = "add a registry, whose weights then go by ALIAS/NAME",
     .details = R"(A registry of a URL is fetched, checked and remembered: the copy serves when
there is no network, and is asked for news after a day or by `zoo registry update`. With --key each
version must carry a signature of that key; without, it is taken unsigned over https or from a
private address only. An older version than the last one seen is refused either way. A folder or
file of this machine is read where it lies.

  zoo registry add lab https://models.example.org/ --key RWQ...
  zoo registry add lab https://models.example.org/ --key lab.pub
  zoo registry add ours /data/models)",
     .define = DefineRegistryAdd},
    {.name = "registry list",
     .summary = "list the registries that were added",
     .details = R"(With the version and the number of entries that were seen last, the key that
signatures must be of, and when the server last said that nothing is newer. No request is made.

  zoo registry list --json)",
     .define = DefineRegistryList},
    {.name = "registry remove",
     .summary = "forget a registry that was added",
     .details = R"(Its copy goes, and what was seen of it: added again, it is a new one. Weights in
the cache stay.

  zoo registry remove lab)",
     .define = DefineRegistryRemove},
    {.name = "registry update",
     .summary = "ask added registries for a new version",
     .details = R"(A server that has nothing new is asked one short question. What must not be taken
(another key, no signature, an older version, other content under the same version) is corrupt, exit
code 6, and the copy of before goes on serving.

  zoo registry update
  zoo registry update lab --json)",
     .define = DefineRegistryUpdate},
    {.name = "serve",
     .summary = "serve the cache and the registries in force over HTTP, read-only",
     .details = R"(To programs of this machine, or with --listen to others. Prints its address on
standard output and serves until Ctrl-C. Files are found by digest (/cas/HEX), by name
(/weights/NAME) and by the URL they were published at (/https/HOST/...); / lists in a browser what
is there. Nothing can be written. There is no password and no encryption.

Another zoo takes it for a mirror if its ZOO_MIRROR maps https://a/ to http://HOST:8080/https/a/,
where HOST is this machine.

  zoo serve
  zoo serve --listen 0.0.0.0:8080 --verbose)",
     .define = DefineServe},
    {.name = "cache list",
     .summary = "list the files in the cache",
     .details = R"(With unfinished downloads, which the next pull of the same weights goes on with.

  zoo cache list --json)",
     .define = DefineCacheList},
    {.name = "cache remove",
     .summary = "remove weights from the cache",
     .details = R"(Programs that have the file open keep it until they close it.

  zoo cache remove resnet50)",
     .define = DefineCacheRemove},
    {.name = "cache prune",
     .summary = "make room in the cache",
     .details = R"(Removes unfinished downloads and what was not used for longest, as far as the
options say.

  zoo cache prune --max-size 2G --dry-run)",
     .define = DefineCachePrune},
    {.name = "cache path",
     .summary = "print the cache's folder",
     .details = R"_(The folder need not exist yet; the first pull makes it.

  du -sh "$(zoo cache path)")_",
     .define = DefineCachePath},
    {.name = "classify",
     .summary = "say what is on photos",
     .details = R"(Prepares each photo as the weights want it, runs the model, and prints the most
probable categories. Weights that are not in the cache are pulled first. A folder stands for the
JPEG and PNG files in it and in the folders below; the next photos are read while the model runs.

  zoo classify cat.jpg --model resnet50
  zoo classify holiday/ --model efficientnet_v2_s --top 1 --device cuda
  zoo classify *.png --arch resnet18 --weights ./mine.pth --num-classes 10 --json)",
     .define = nullptr,
     .needs_torch = true},
    {.name = "run",
     .summary = "run a model on a tensor",
     .details = R"(The input is a checkpoint that holds one tensor [N, 3, H, W]; the logits are
printed, or saved with --output.

  zoo run resnet18 --input batch.pt --json
  zoo run --arch resnet18 --weights ./mine.pth --input batch.pt)",
     .define = nullptr,
     .needs_torch = true},
    {.name = "check",
     .summary = "run models on their probes and compare with the logits they must give",
     .details = R"(Proves that these weights on this machine compute what their publisher computed.
Weights that are not in the cache are pulled first. A difference beyond the probe's tolerance is a
mismatch, exit code 8.

  zoo check resnet50
  zoo check --all

With --random no weights are needed: architectures are filled with generated numbers and compared
with what PyTorch computes of the same, which is part of this program. All of them take some minutes.

  zoo check --random --all
  zoo check --random resnet50 vit_b_16 --dtype float64

A checkpoint of your own has a probe once --write made one, of a generated input or of a photo;
--probe checks against it. Put it into a registry's entry as its "probe".

  zoo check ./mine.pth --arch resnet18 --write probe.json
  zoo check ./mine.pth --arch resnet18 --probe probe.json)",
     .define = nullptr,
     .needs_torch = true},
    {.name = "preprocess",
     .summary = "show what a model would see of a photo",
     .details = R"(Resizes, crops and normalises a photo bit for bit as torchvision does, and writes
the cropped picture, the tensor, or both.

  zoo preprocess cat.jpg --for resnet50 --crop-out seen.png
  zoo preprocess cat.jpg --resize 256 --crop 224 --tensor-out cat.f32)",
     .define = DefinePreprocess},
    {.name = "completion",
     .summary = "print a script that completes commands, options and names in a shell",
     .details = R"(For bash, zsh or fish. Names of weights are asked for when TAB is pressed, so
that they are those of the registries in force.

  source <(zoo completion bash)
  zoo completion zsh > ~/.zfunc/_zoo
  zoo completion fish | source)",
     .define = DefineCompletion},
    {.name = "version",
     .summary = "print the version",
     .details = "Also whether zoo-run, which carries out what needs LibTorch, stands beside zoo.",
     .define = DefineVersion},
    {.name = "help",
     .summary = "explain a command, or one of the topics exit-codes, environment and limits",
     .details = R"(  zoo help
  zoo help pull
  zoo help exit-codes
  zoo help limits
  zoo help --man > zoo.1)",
     .define = DefineHelp},
};

}  // namespace

std::span<const Command> Commands() { return kCommands; }

std::vector<Command> CommandsWith(
    std::initializer_list<std::pair<std::string_view, Runner (*)(CLI::App&)>> torch_commands) {
  std::vector<Command> commands(std::begin(kCommands), std::end(kCommands));
  for (const auto& [name, define] : torch_commands) {
    auto row = std::find_if(commands.begin(), commands.end(),
                            [name = name](const Command& command) { return command.name == name; });
    if (row == commands.end() || !row->needs_torch) std::abort();
    row->define = define;
  }
  return commands;
}

}  // namespace zoo::cli
