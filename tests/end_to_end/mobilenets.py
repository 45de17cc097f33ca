"""MobileNet v2 and v3-small in plain torch.nn, under the names of torchvision's classes and modules, for files of whole models.

Needs torch. The papers: arXiv 1801.04381 and 1905.02244.
"""
import torch
from torch import nn

from torchvision_names import name_as_torchvision


def channels(wanted):
    rounded = max(8, int(wanted + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * wanted else rounded


def layer(inside, outside, kernel, stride=1, groups=1, dilation=1, activation=None, **norm):
    parts = [nn.Conv2d(inside, outside, kernel, stride, (kernel - 1) // 2 * dilation, dilation, groups, bias=False), nn.BatchNorm2d(outside, **norm)]
    return nn.Sequential(*parts, *([activation(inplace=True)] if activation else []))


class InvertedResidual(nn.Module):
    def __init__(self, inside, outside, stride, expand):
        super().__init__()
        middle = inside * expand
        self.residual = stride == 1 and inside == outside
        parts = [layer(inside, middle, 1, activation=nn.ReLU6)] if expand != 1 else []
        depthwise = layer(middle, middle, 3, stride, middle, activation=nn.ReLU6)
        self.conv = nn.Sequential(*parts, depthwise, nn.Conv2d(middle, outside, 1, bias=False), nn.BatchNorm2d(outside))

    def forward(self, x):
        return x + self.conv(x) if self.residual else self.conv(x)


class MobileNetV2(nn.Module):
    # expansion, channels, repeats, stride
    STAGES = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]

    def __init__(self, num_classes=1000, width_mult=1.0, dropout=0.2):
        super().__init__()
        inside, last = channels(32 * width_mult), channels(1280 * max(1.0, width_mult))
        parts = [layer(3, inside, 3, 2, activation=nn.ReLU6)]
        for expand, outside, repeats, stride in self.STAGES:
            for i in range(repeats):
                parts.append(InvertedResidual(inside, channels(outside * width_mult), 1 if i else stride, expand))
                inside = channels(outside * width_mult)
        self.features = nn.Sequential(*parts, layer(inside, last, 1, activation=nn.ReLU6))
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(last, num_classes))

    def forward(self, x):
        return self.classifier(self.features(x).mean((2, 3)))


class SqueezeExcitation(nn.Module):
    def __init__(self, inside, squeezed):
        super().__init__()
        self.avgpool, self.fc1, self.activation = nn.AdaptiveAvgPool2d(1), nn.Conv2d(inside, squeezed, 1), nn.ReLU()
        self.fc2, self.scale_activation = nn.Conv2d(squeezed, inside, 1), nn.Hardsigmoid()

    def forward(self, x):
        return x * self.scale_activation(self.fc2(self.activation(self.fc1(self.avgpool(x)))))


NORM = {"eps": 1e-3, "momentum": 0.01}


class InvertedResidual3(nn.Module):
    def __init__(self, inside, middle, outside, kernel, squeeze, activation, stride, dilation):
        super().__init__()
        self.residual = stride == 1 and inside == outside
        parts = [layer(inside, middle, 1, activation=activation, **NORM)] if middle != inside else []
        parts.append(layer(middle, middle, kernel, 1 if dilation > 1 else stride, middle, dilation, activation, **NORM))
        if squeeze:
            parts.append(SqueezeExcitation(middle, channels(middle // 4)))
        self.block = nn.Sequential(*parts, layer(middle, outside, 1, **NORM))

    def forward(self, x):
        return x + self.block(x) if self.residual else self.block(x)


class MobileNetV3(nn.Module):
    # kernel, middle, channels, squeeze-excitation, activation, stride: of the small net
    BLOCKS = [(3, 16, 16, True, nn.ReLU, 2), (3, 72, 24, False, nn.ReLU, 2), (3, 88, 24, False, nn.ReLU, 1), (5, 96, 40, True, nn.Hardswish, 2),
              (5, 240, 40, True, nn.Hardswish, 1), (5, 240, 40, True, nn.Hardswish, 1), (5, 120, 48, True, nn.Hardswish, 1),
              (5, 144, 48, True, nn.Hardswish, 1), (5, 288, 96, True, nn.Hardswish, 2), (5, 576, 96, True, nn.Hardswish, 1),
              (5, 576, 96, True, nn.Hardswish, 1)]

    def __init__(self, num_classes=1000, width_mult=1.0, reduced_tail=False, dilated=False, dropout=0.2):
        super().__init__()
        inside, tail = channels(16 * width_mult), 2 if reduced_tail else 1
        parts = [layer(3, inside, 3, 2, activation=nn.Hardswish, **NORM)]
        for i, (kernel, middle, outside, squeeze, activation, stride) in enumerate(self.BLOCKS):
            left = len(self.BLOCKS) - i
            middle, outside = middle // (tail if left < 3 else 1), outside // (tail if left <= 3 else 1)
            parts.append(InvertedResidual3(inside, channels(middle * width_mult), channels(outside * width_mult), kernel, squeeze, activation, stride,
                                           2 if dilated and left <= 3 else 1))
            inside = channels(outside * width_mult)
        self.features = nn.Sequential(*parts, layer(inside, 6 * inside, 1, activation=nn.Hardswish, **NORM))
        last = channels(1024 // tail * width_mult)
        self.classifier = nn.Sequential(nn.Linear(6 * inside, last), nn.Hardswish(inplace=True), nn.Dropout(dropout), nn.Linear(last, num_classes))

    def forward(self, x):
        return self.classifier(self.features(x).mean((2, 3)))


for made, path in [(InvertedResidual, "torchvision.models.mobilenetv2"), (MobileNetV2, "torchvision.models.mobilenetv2"),
                   (SqueezeExcitation, "torchvision.ops.misc"), (InvertedResidual3, "torchvision.models.mobilenetv3"),
                   (MobileNetV3, "torchvision.models.mobilenetv3")]:
    name_as_torchvision(made, path)
