// Plain kernels: right for every shape and layout, compiled for the baseline, last in the list of implementations.
#pragma once

#include "backends/cpu/bound_op.hpp"

namespace trainmark::backends::cpu::plain {

void accumulate(const BoundOp& op, const Context& context);
void activation(const BoundOp& op, const Context& context);
void activation_grad(const BoundOp& op, const Context& context);
void average_pool(const BoundOp& op, const Context& context);
void average_pool_grad(const BoundOp& op, const Context& context);
void batch_norm_train(const BoundOp& op, const Context& context);
void batch_norm_evaluate(const BoundOp& op, const Context& context);
void batch_norm_grad(const BoundOp& op, const Context& context);
void clip(const BoundOp& op, const Context& context);
void clip_factor(const BoundOp& op, const Context& context);
void concat(const BoundOp& op, const Context& context);
void concat_grad(const BoundOp& op, const Context& context);
void dropout(const BoundOp& op, const Context& context);
void dropout_grad(const BoundOp& op, const Context& context);
void layer_norm(const BoundOp& op, const Context& context);
void layer_norm_grad_data(const BoundOp& op, const Context& context);
void layer_norm_grad_weights(const BoundOp& op, const Context& context);
void loss(const BoundOp& op, const Context& context);
void sum_squares(const BoundOp& op, const Context& context);

/// Images that a kernel must write: in lanes, those of the last group that are not there become zero.
inline int64_t stored_images(const Operand& x, const Context& context) { return x.lanes() ? plan::round_up(context.images, plan::kLanes) : context.images; }

/// Zeros behind the last value of each of the context's rows; nothing in lanes. Dense layers multiply with the padding.
void clear_padding(const Operand& x, const Context& context);

}  // namespace trainmark::backends::cpu::plain
