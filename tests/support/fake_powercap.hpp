// A powercap tree of files, and a driver that lets its counters run by the clock while a test goes on.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "core/clock.hpp"
#include "core/file.hpp"

namespace trainmark::tests {

/// The tree. Zones are folders "intel-rapl:0", "intel-rapl:0:1", ... in the root, as sysfs shows them.
class FakePowercap {
 public:
  FakePowercap() : folder_(core::TemporaryFolder::make(std::filesystem::temp_directory_path(), "trainmark-powercap-").value()) {}

  const std::filesystem::path& root() const { return folder_.path(); }
  std::filesystem::path energy_file(const std::string& zone) const { return root() / zone / "energy_uj"; }

  void add(const std::string& zone, const std::string& name, const std::string& energy_uj, int64_t range_uj = 262'143'328'850, int64_t limit_uw = 100'000'000) {
    std::filesystem::create_directories(root() / zone);
    std::ofstream(root() / zone / "name") << name << "\n";
    set(zone, energy_uj);
    if (range_uj > 0) std::ofstream(root() / zone / "max_energy_range_uj") << range_uj << "\n";
    if (limit_uw > 0) std::ofstream(root() / zone / "constraint_0_power_limit_uw") << limit_uw << "\n";
  }

  /// In one write, so that no reader sees half a number.
  void set(const std::string& zone, const std::string& energy_uj) const {
    std::string text = energy_uj + "\n";
    text.resize(32, ' ');
    const int fd = open(energy_file(zone).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) return;  // gone, on purpose
    [[maybe_unused]] const ssize_t written = pwrite(fd, text.data(), text.size(), 0);
    close(fd);
  }

 private:
  core::TemporaryFolder folder_;
};

/// Lets counters run, every millisecond. Values wrap after `range_uj`.
class PowercapDriver {
 public:
  struct Zone {
    std::string zone;
    std::function<double()> watts;
    int64_t begin_uj = 0;
    int64_t range_uj = 262'143'328'850;
  };
  PowercapDriver(const FakePowercap& tree, std::vector<Zone> zones) : tree_(tree), zones_(std::move(zones)), thread_([this] { drive(); }) {}
  ~PowercapDriver() { stop(); }
  PowercapDriver(const PowercapDriver&) = delete;
  PowercapDriver& operator=(const PowercapDriver&) = delete;
  void stop() {
    over_ = true;
    if (thread_.joinable()) thread_.join();
  }

 private:
  void drive() {
    std::vector<double> uj;
    for (const Zone& zone : zones_) uj.push_back(static_cast<double>(zone.begin_uj));
    int64_t last_ns = core::now_ns();
    while (!over_) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      const int64_t now_ns = core::now_ns();
      for (size_t i = 0; i < zones_.size(); ++i) {
        uj[i] += zones_[i].watts() * static_cast<double>(now_ns - last_ns) * 1e-3;
        tree_.set(zones_[i].zone, std::to_string(static_cast<int64_t>(uj[i]) % zones_[i].range_uj));
      }
      last_ns = now_ns;
    }
  }

  const FakePowercap& tree_;
  std::vector<Zone> zones_;
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

}  // namespace trainmark::tests
