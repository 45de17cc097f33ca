"""torchvision's models, also for a Python that has none, out of a torchvision for another torch."""

import sys


def import_models(folder=None):
    """torchvision.models; `folder` is a site-packages folder with a torchvision that this Python lacks."""
    if folder:
        import torch

        # Its compiled operators do not load here. Models need none, but torchvision looks these up.
        library = torch.library.Library("torchvision", "DEF")
        library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        import_models.library = library  # operators go when it does
        sys.path.append(folder)  # behind what this Python has itself
    import torchvision.models

    return torchvision.models
