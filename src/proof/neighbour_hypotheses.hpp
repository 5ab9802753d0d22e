// What wrong predictions of nearest neighbours look like: a few mistakes, each tried with the reference.
#pragma once

#include <span>
#include <string>

#include "core/thread_pool.hpp"
#include "workload/materials.hpp"

namespace trainmark::proof {

/// A prediction of the worker.
struct GivenClass {
  int32_t query = 0;  ///< in samples.evaluation
  int32_t given = 0;
};

/// ": looks as if k were 4": the first mistake that explains all of `given`, right ones too; "" when none does.
std::string explain_predictions(const workload::Materials& materials, std::span<const GivenClass> given, core::ThreadPool& pool);

}  // namespace trainmark::proof
