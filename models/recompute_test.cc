#include "zoo/models/recompute.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/rand.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

namespace zoo::models {
namespace {

struct Case {
  at::Tensor x = at::rand({3, 4}).requires_grad_(), fixed = at::rand({3, 4}),
             weight = at::rand({4}).requires_grad_();
  int runs = 0;
  Part part = [this](const std::vector<at::Tensor>& in) {
    ++runs;
    return (in[0] * in[1] * weight).exp();
  };
};

TEST(RecomputeTest, GradientsAreThoseOfThePartWhichRunsTwice) {
  Case net;
  const std::vector<at::Tensor> wanted =
      torch::autograd::grad({net.part({net.x, net.fixed}).sum()}, {net.x, net.weight});
  net.runs = 0;
  const at::Tensor y = Recompute({net.x, net.fixed}, {net.weight}, net.part);
  EXPECT_TRUE(at::equal(y, net.part({net.x, net.fixed})));
  y.sum().backward();
  EXPECT_EQ(net.runs, 3);  // one of them above
  EXPECT_TRUE(at::equal(net.x.grad(), wanted[0]));
  EXPECT_TRUE(at::equal(net.weight.grad(), wanted[1]));
  EXPECT_FALSE(net.fixed.grad().defined());
}

TEST(RecomputeTest, SecondGradientsAreRefused) {
  Case net;
  const at::Tensor y = Recompute({net.x, net.fixed}, {net.weight}, net.part);
  EXPECT_THROW(torch::autograd::grad({y.sum()}, {net.x}, {}, {}, /*create_graph=*/true),
               c10::Error);
}

}  // namespace
}  // namespace zoo::models
