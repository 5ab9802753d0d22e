// The members of answers, checked: every one has the type that docs/protocol.md gives it, or the answer is a mistake of
// the worker and becomes a kProtocol failure with a sentence.
#pragma once

#include <string_view>

#include "core/json.hpp"
#include "worker/client.hpp"

namespace trainmark::worker {

/// The member "ok" of an answer line to the request `id` called `request`. The worker's own {"error": ...} is a failure
/// of that kind; whatever is no answer to this request is kProtocol.
Answer<core::Json> read_answer(std::string_view line, const core::Json& id, std::string_view request);

Answer<Hello> read_hello(const core::Json& ok);
Answer<Prepared> read_prepared(const core::Json& ok);
Answer<uint32_t> read_indices_crc(const core::Json& ok);
/// The member elapsed_ns, which is all that `fit` and `predict` answer.
Answer<int64_t> read_elapsed(const core::Json& ok, std::string_view request);
Answer<MemoryReport> read_memory(const core::Json& ok);
/// Only words of the vocabulary, and no parts that are longer together than the step. operations_answer.cpp
Answer<StepOperations> read_operations(const core::Json& ok);

/// The times of evaluate: loss (null: not finite) and elapsed_ns.
struct EvaluatedNumbers {
  double loss = 0;
  int64_t elapsed_ns = 0;
};
Answer<EvaluatedNumbers> read_evaluated(const core::Json& ok);

}  // namespace trainmark::worker
