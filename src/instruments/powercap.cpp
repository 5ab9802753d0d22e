#include "instruments/powercap.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <map>
#include <thread>

namespace trainmark::instruments {
namespace {

namespace fs = std::filesystem;
using core::Result;
using core::unavailable;

constexpr int kTries = 5;  // of a file that is empty: whoever replaces it in place is between truncating and writing

/// The text of a small file without the white space at its end. Errors name the file and the system's reason.
Result<std::string> read_text(const fs::path& path) {
  for (int attempt = 0;; ++attempt) {
    std::array<char, 128> text{};
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const ssize_t length = fd < 0 ? -1 : ::read(fd, text.data(), text.size());
    const int error = errno;
    if (fd >= 0) ::close(fd);
    if (length < 0 && (error == EACCES || error == EPERM)) return unavailable(fmt::format("{} may not be read by this user", path.string()));
    if (length < 0 && (error == ENOENT || error == ENODEV)) return unavailable(fmt::format("{} is not there any more", path.string()));
    if (length < 0) return unavailable(fmt::format("{} cannot be read: {}", path.string(), std::strerror(error)));
    std::string found(text.data(), static_cast<size_t>(length));
    found.erase(std::find_if(found.rbegin(), found.rend(), [](unsigned char c) { return std::isspace(c) == 0; }).base(), found.end());
    if (!found.empty() || attempt + 1 == kTries) return found;
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
}

/// Microjoules or microwatts: a whole number, not negative.
Result<int64_t> read_number(const fs::path& path) {
  const auto text = read_text(path);
  if (!text) return text.error();
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size())
    return unavailable(fmt::format("{} holds '{}', which is no whole number", path.string(), *text));
  if (value < 0) return unavailable(fmt::format("{} holds {}, and no energy is negative", path.string(), value));
  return value;
}

/// Folders of zones by name, wherever the tree shows them: as links in its root, as sysfs does, or within their parents.
void find_zones(const fs::path& folder, int depth, std::map<std::string, fs::path>& zones) {
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    const std::string name = entry.path().filename();
    std::error_code ignored;
    if (!entry.is_directory(ignored)) continue;
    if (name.find(':') != std::string::npos) zones.emplace(name, entry.path());  // the first seen is the one in the root
  }
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    std::error_code ignored;
    if (depth < 3 && entry.is_directory(ignored) && !entry.is_symlink(ignored)) find_zones(entry.path(), depth + 1, zones);
  }
}

std::string parent_of(const std::string& zone) { return zone.substr(0, zone.rfind(':')); }
bool is_sub_zone(const std::string& zone) { return std::count(zone.begin(), zone.end(), ':') > 1; }

EnergyDomain domain_of(const std::string& zone, const std::string& name) {
  if (name.rfind("dram", 0) == 0) return EnergyDomain::kDram;
  if (is_sub_zone(zone)) return EnergyDomain::kPart;
  if (name.rfind("package", 0) == 0) return EnergyDomain::kPackage;
  return EnergyDomain::kPlatform;  // psys, and whatever else stands beside the packages: shown, not summed
}

EnergySource make_source(const std::string& zone, const fs::path& folder, const std::string& name, const std::string& path, const fs::path& root) {
  EnergySource source;
  source.name = path;
  source.domain = domain_of(zone, name);
  source.place = (folder / "energy_uj").string();
  source.remedy = fmt::format("sudo chmod a+r {}/*/energy_uj (until the next start of the machine)", root.string());
  if (const auto range = read_number(folder / "max_energy_range_uj")) source.range_uj = *range;
  const auto limit = read_number(folder / "constraint_0_power_limit_uw");
  if (limit && *limit > 0) source.limit_w = static_cast<double>(*limit) * 1e-6;
  source.read = [file = folder / "energy_uj"] { return read_number(file); };
  return source;
}

}  // namespace

EnergySources powercap_sources(const fs::path& root) {
  EnergySources found;
  std::map<std::string, fs::path> zones;
  find_zones(root, 0, zones);
  std::map<std::string, std::string> names;  // zone -> "package-0/dram"
  std::map<std::string, std::string> first;  // the same -> the zone that counts
  // By registers before by memory, parents before their parts.
  std::vector<std::string> order;
  for (const auto& [zone, folder] : zones) order.push_back(zone);
  const auto by_memory = [](const std::string& zone) { return zone.find("-mmio") != std::string::npos; };
  std::stable_sort(order.begin(), order.end(), [&](const auto& a, const auto& b) { return by_memory(a) < by_memory(b); });
  for (const std::string& zone : order) {
    const fs::path& folder = zones.at(zone);
    std::error_code ignored;
    if (!fs::exists(folder / "energy_uj", ignored)) continue;
    const auto name = read_text(folder / "name");
    if (!name || name->empty()) continue;  // not a zone, or one that is going away
    const auto parent = names.find(parent_of(zone));
    const std::string path = is_sub_zone(zone) && parent != names.end() ? parent->second + "/" + *name : *name;
    names[zone] = path;
    if (const auto known = first.emplace(path, zone); !known.second) {
      found.missing.push_back({zone, fmt::format("{} is {} once more, which {} counts already", zone, path, known.first->second), ""});
      continue;
    }
    found.sources.push_back(make_source(zone, folder, *name, path, root));
  }
  std::sort(found.sources.begin(), found.sources.end(), [](const EnergySource& a, const EnergySource& b) { return a.name < b.name; });
  if (found.sources.empty()) {
    found.missing.push_back({"powercap", fmt::format("there are no counters in {}", root.string()),
                             "a Linux on Intel or AMD hardware has them, if need be after 'sudo modprobe intel_rapl_msr'; virtual machines do not"});
  }
  return found;
}

}  // namespace trainmark::instruments
