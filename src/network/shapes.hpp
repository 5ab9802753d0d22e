// Sizes: the shape that every layer yields, and whether a network is one at all.
#pragma once

#include <cstddef>
#include <vector>

#include "core/result.hpp"
#include "network/network.hpp"

namespace trainmark::network {

/// Output size of a window along one axis: floor((size + 2 pad - dilation (kernel - 1) - 1) / stride) + 1.
int64_t window_output(int64_t size, int64_t kernel, int64_t stride, int64_t pad, int64_t dilation);

/// Shape of every layer's output, in order. Errors name the layer, its input's shape and what it would need; its index is
/// left in `wrong_layer`, where given, for readers of files.
core::Result<std::vector<Shape>> infer_shapes(const Network& network, size_t* wrong_layer = nullptr);

/// The same of a network whose classes are not known yet: `classes` is not looked at.
core::Result<std::vector<Shape>> layer_shapes(const Network& network, size_t* wrong_layer = nullptr);

/// The shape that input `i` of `layer` has, given all layers' shapes.
Shape input_shape(const Network& network, const std::vector<Shape>& shapes, const Layer& layer, size_t i = 0);

}  // namespace trainmark::network
