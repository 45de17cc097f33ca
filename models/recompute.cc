#include "zoo/models/recompute.h"

#include <ATen/core/grad_mode.h>
#include <ATen/core/ivalue.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cstddef>
#include <utility>

namespace zoo::models {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// A part as the graph can hold it.
struct Held : torch::CustomClassHolder {
  Held(Part part, size_t inputs) : part(std::move(part)), inputs(inputs) {}

  Part part;
  size_t inputs;  // so many of the saved tensors; parameters are after them
};

struct Recomputed : torch::autograd::Function<Recomputed> {
  static at::Tensor forward(AutogradContext* context, at::TensorList tensors,
                            const c10::intrusive_ptr<Held>& held) {
    context->save_for_backward(tensors.vec());
    context->saved_data["held"] = c10::IValue::make_capsule(held);
    return held->part(tensors.slice(0, held->inputs).vec());
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    TORCH_CHECK(!at::GradMode::is_enabled(),
                "a part that is computed again has no second gradient");
    const auto capsule = context->saved_data["held"].toCapsule();
    const auto& held = static_cast<Held&>(*capsule);
    variable_list tensors = context->get_saved_variables();
    for (size_t i = 0; i < held.inputs; ++i) {
      tensors[i] = tensors[i].detach().requires_grad_(tensors[i].requires_grad());
    }
    variable_list targets, result(tensors.size() + 1);  // the last one: of `held`
    for (const at::Tensor& tensor : tensors) {
      if (tensor.requires_grad()) targets.push_back(tensor);
    }
    at::AutoGradMode with_graph(true);
    const at::Tensor again = held.part({tensors.begin(), tensors.begin() + held.inputs});
    const variable_list found =
        torch::autograd::grad({again}, targets, grads, /*retain_graph=*/false,
                              /*create_graph=*/false, /*allow_unused=*/true);
    for (size_t i = 0, next = 0; i < tensors.size(); ++i) {
      if (tensors[i].requires_grad()) result[i] = found[next++];
    }
    return result;
  }
};

}  // namespace

at::Tensor Recompute(const std::vector<at::Tensor>& inputs,
                     const std::vector<at::Tensor>& parameters, Part part) {
  std::vector<at::Tensor> tensors = inputs;
  tensors.insert(tensors.end(), parameters.begin(), parameters.end());
  return Recomputed::apply(at::TensorList(tensors),
                           c10::make_intrusive<Held>(std::move(part), inputs.size()));
}

}  // namespace zoo::models
