"""Writes training_goldens.json: one step of training of small nets, in float64, by torchvision.

usage: python3 make_training_goldens.py > training_goldens.json
"""

import json
import sys

import torch
import torchvision

from golden_values import fill, image, versions

RULE = [
    "Nets are filled, and the input made, by the rule of model_goldens.json, then converted to float64.",
    "The loss is the mean cross entropy of the logits with the labels i % 10, plus 0.3 times that of "
    "each auxiliary head. A step: torch.manual_seed(seed), forward in training mode, backward, "
    "plain SGD with the rate lr on all parameters.",
    "loss: before and after the step, each forward after torch.manual_seed(seed). parameters, buffers: "
    "sums of absolute values after both forwards, without num_batches_tracked.",
]
SEED, RATE = 5, 0.001

# builder, options, input.
NETS = [
    ("alexnet", {"dropout": 0.25}, [3, 3, 80, 96]),
    ("convnext_tiny", {"stochastic_depth_prob": 0.5}, [2, 3, 64, 80]),
    ("densenet121", {"drop_rate": 0.2, "bn_size": 2}, [3, 3, 64, 80]),
    ("densenet121", {"drop_rate": 0.2, "memory_efficient": True}, [2, 3, 64, 80]),
    ("efficientnet_b0", {}, [3, 3, 64, 80]),
    ("efficientnet_v2_s", {"stochastic_depth_prob": 0.4, "dropout": 0.1}, [3, 3, 64, 80]),
    ("googlenet", {"transform_input": True, "dropout_aux": 0.5}, [3, 3, 96, 80]),
    ("inception_v3", {"dropout": 0.3}, [2, 3, 299, 299]),
    ("maxvit_t", {"mlp_dropout": 0.1, "attention_dropout": 0.2}, [2, 3, 224, 224]),
    ("mnasnet0_5", {}, [3, 3, 64, 80]),
    ("mobilenet_v2", {"width_mult": 0.35, "round_nearest": 4}, [3, 3, 64, 80]),
    ("mobilenet_v3_large", {"width_mult": 0.5}, [3, 3, 64, 80]),
    ("mobilenet_v3_small", {"reduced_tail": True, "dilated": True}, [3, 3, 64, 80]),
    ("regnet_x_400mf", {"stem_width": 24}, [3, 3, 64, 80]),
    ("regnet_y_400mf", {}, [3, 3, 64, 80]),
    ("resnet18", {}, [3, 3, 64, 80]),
    ("resnet50", {"groups": 4, "width_per_group": 8}, [3, 3, 64, 80]),
    ("shufflenet_v2_x0_5", {}, [3, 3, 64, 80]),
    ("squeezenet1_1", {"dropout": 0.25}, [3, 3, 64, 80]),
    ("swin_t", {"dropout": 0.1, "attention_dropout": 0.2}, [2, 3, 64, 80]),
    ("swin_v2_t", {"dropout": 0.1, "attention_dropout": 0.2}, [2, 3, 64, 80]),
    ("vgg11_bn", {"dropout": 0.25}, [3, 3, 48, 64]),
    ("vit_b_32", {"image_size": 64, "dropout": 0.1, "attention_dropout": 0.2}, [2, 3, 64, 64]),
]


def loss_of(net, images):
    torch.manual_seed(SEED)
    labels = torch.arange(len(images)) % 10
    outputs = net(images)
    if isinstance(outputs, torch.Tensor):
        outputs = (outputs,)
    losses = [torch.nn.functional.cross_entropy(o, labels) for o in outputs]
    return losses[0] + 0.3 * sum(losses[1:])


def record(builder, options, shape):
    options = {"num_classes": 10, **options}
    extra = {"init_weights": False} if builder in ("googlenet", "inception_v3") else {}
    net = getattr(torchvision.models, builder)(weights=None, **options, **extra)
    fill(net)
    net = net.double().train()
    images = image(shape).double()
    before = loss_of(net, images)
    before.backward()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter -= RATE * parameter.grad
        after = loss_of(net, images)
        total = lambda tensors: sum(t.abs().sum().item() for t in tensors if t.is_floating_point())
        return {"builder": builder, "options": options, "input": shape,
                "loss": [before.item(), after.item()],
                "parameters": total(net.parameters()), "buffers": total(net.buffers())}


def main():
    torch.set_num_threads(1)
    records = []
    for net in NETS:
        records.append(record(*net))
        print(records[-1], file=sys.stderr)
    lines = ",\n".join("  " + json.dumps(r) for r in records)
    head = json.dumps({"rule": RULE, "versions": versions(), "seed": SEED, "lr": RATE}, indent=1)
    print(head.rstrip("\n}") + f',\n "records": [\n{lines}\n ]\n}}')


main()
