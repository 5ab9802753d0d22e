#include "instruments/energy_source.hpp"

namespace trainmark::instruments {

std::string_view domain_name(EnergyDomain domain) {
  switch (domain) {
    case EnergyDomain::kPackage:
      return "package";
    case EnergyDomain::kDram:
      return "dram";
    case EnergyDomain::kPart:
      return "part";
    case EnergyDomain::kPlatform:
      return "platform";
    case EnergyDomain::kDevice:
      return "device";
  }
  CHECK(false, "unknown domain of energy");
}

std::string_view method_name(EnergyMethod method) { return method == EnergyMethod::kCounter ? "counter" : "integrated power"; }

}  // namespace trainmark::instruments
