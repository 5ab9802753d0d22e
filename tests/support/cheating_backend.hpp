// A native platform whose engine cheats: what is given to the native worker in the place of an honest one.
#pragma once

#include <string>

#include "support/cheating_engine.hpp"

namespace trainmark::tests {

/// What the next engines cheat in, and what they cheat with. Global, because BackendInfo::create is a plain function.
struct CheatChoice {
  std::string cheat;  ///< "" is honest
  const backends::BackendInfo* honest = nullptr;
};
inline CheatChoice& cheat_choice() {
  static CheatChoice choice;
  return choice;
}

inline core::Result<std::unique_ptr<backends::Engine>> create_cheating(const backends::EngineOptions& options) {
  auto engine = cheat_choice().honest->create(options);
  if (!engine) return engine.error();
  return std::unique_ptr<backends::Engine>(std::make_unique<CheatingEngine>(std::move(*engine), cheat_choice().cheat));
}

/// The native platform `platform`, honest when `cheat` is empty. Holds for engines created until the next call.
inline backends::BackendInfo cheating_backend(const std::string& platform, const std::string& cheat) {
  const backends::BackendInfo* honest = backends::find_backend(platform);
  CHECK(honest != nullptr, "the tests name a platform that exists");
  cheat_choice() = {cheat, honest};
  backends::BackendInfo info = *honest;
  if (!cheat.empty()) info.create = create_cheating;
  return info;
}

}  // namespace trainmark::tests
