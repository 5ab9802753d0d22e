// From findings to a verdict, a sentence and JSON.
#pragma once

#include "proof/session.hpp"

namespace trainmark::proof {

/// Fills verdict, summary and smallest_fault from the findings and the failure, and takes the report.
ProofReport conclude(Session& session);

}  // namespace trainmark::proof
