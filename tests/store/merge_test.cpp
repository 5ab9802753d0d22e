// Joining stores: any order, any number of times, one result; what cannot be joined is refused and leaves the target as it was.
#include "store/merge.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "core/file_lock.hpp"
#include "store/run_rows.hpp"
#include "store_testing.hpp"

namespace trainmark::store {
namespace {
using namespace testing;
namespace fs = std::filesystem;

/// One piece of the life of a run: what a store may hold of it after so many pieces.
constexpr int kPieces = 6;
void add_piece(Store& store, int run, int piece) {
  const std::string id = fmt::format("{:016x}", 0xa0 + run), trial = fmt::format("{:015x}{}", 0xb0 + run, piece >= 4 ? 1 : 0);
  if (piece == 0) {
    auto record = run_record(id);
    record.started_wall_ns += 1'000 * ((run * 7) % 5) + run;  // not in the order of their ids
    record.environment["label"] = fmt::format("machine {}", run % 2);
    store.add(record).value();
    store.add(workload_record()).value();
  } else if (piece == 1 || piece == 4) {
    store.add(trial_record(trial, piece / 4, id)).value();
  } else if (piece == 2) {
    store.add(preparation_record(trial)).value();
    auto block = block_record(trial);
    block.losses.clear();  // an empty blob is not NULL
    store.add(block).value();
    store.add(block_record(trial, 1)).value();
  } else if (piece == 3) {
    store.add(evaluation_record(trial)).value();
    store.add(verdict_record(trial)).value();
    store.add(outcome_record(trial)).value();
  } else {
    store.add(outcome_record(trial, trial::OutcomeKind::kCrashed)).value();
    auto end = end_record();
    end.run_id = id;
    store.add(end).value();
    store.add(end).value();  // equal rows are two rows all the same
  }
}

fs::path write_store(const fs::path& folder, const std::vector<std::pair<int, int>>& pieces_of_runs) {
  Store store = Store::open(folder / kFileName).value();
  for (const auto& [run, pieces] : pieces_of_runs) {
    for (int piece = 0; piece < pieces; ++piece) add_piece(store, run, piece);
  }
  return folder;
}

// Every run with all of its rows, in the order in which they are listed.
std::vector<std::pair<std::string, RunHashes>> content(const fs::path& folder) {
  std::vector<std::pair<std::string, RunHashes>> all;
  const Store store = Store::open(folder / kFileName).value();
  const SQLite::Database raw((folder / kFileName).string());
  const auto runs = store.runs().value();
  for (const auto& run : runs) all.emplace_back(run.id, hash_run(raw, run.id));
  return all;
}

// The rows of a table with their numbers.
std::string rows_with_numbers(const fs::path& folder, const std::string& table, const std::string& column) {
  SQLite::Database raw((folder / kFileName).string());
  std::string text;
  SQLite::Statement rows(raw, "SELECT rowid, " + column + " FROM " + table + " ORDER BY rowid");
  while (rows.executeStep()) text += rows.getColumn(0).getString() + " " + rows.getColumn(1).getString() + "\n";
  return text;
}

class Merge : public ::testing::Test {
 protected:
  core::TemporaryFolder folder_ = folder();
  fs::path in(const std::string& name) const {
    fs::create_directories(folder_.path() / name);
    return folder_.path() / name;
  }
  static fs::path target(const fs::path& folder) { return folder / kFileName; }
  void expect_refused(const std::vector<fs::path>& sources, const fs::path& into, const std::string& part) {
    const auto merged = merge(sources, target(into));
    ASSERT_FALSE(merged.ok()) << part;
    EXPECT_NE(merged.error().message.find(part), std::string::npos) << merged.error().message;
  }
};

TEST_F(Merge, OfTwoStoresHasTheRunsOfBothWhateverTheOrder) {
  const auto a = write_store(in("a"), {{0, 6}, {3, 6}}), b = write_store(in("b"), {{1, 6}, {2, 4}});
  const auto ab = merge({a, b}, target(in("ab"))).value(), ba = merge({b, a}, target(in("ba"))).value();
  EXPECT_EQ(ab[0].added, 2);
  EXPECT_EQ(ab[1].trials, 3);
  EXPECT_EQ(content(in("ab")).size(), 4u);
  EXPECT_EQ(content(in("ab")), content(in("ba")));
  for (const auto& [table, column] : {std::pair{"run", "id"}, {"trial", "id"}, {"block", "trial_id"}, {"reading", "kind"}, {"run_end", "run_id"}}) {
    EXPECT_EQ(rows_with_numbers(in("ab"), table, column), rows_with_numbers(in("ba"), table, column)) << table;
  }
  const Store store = Store::open(target(in("ab"))).value();
  EXPECT_EQ(store.load_run("").value().run.id, content(in("ab")).back().first) << "the latest is the one that started last";
  EXPECT_EQ(store.load_run(fmt::format("{:016x}", 0xa0)).value().trials.size(), 2u);
}

TEST_F(Merge, AddsNothingTheSecondTime) {
  const auto a = write_store(in("a"), {{0, 6}, {1, 5}});
  merge({a, a}, target(in("t"))).value();
  const auto before = content(in("t"));
  const auto again = merge({a}, target(in("t"))).value();
  EXPECT_EQ(again[0].added + again[0].continued + again[0].trials, 0);
  EXPECT_EQ(again[0].known, 2);
  EXPECT_EQ(content(in("t")), before);
}

TEST_F(Merge, GoesOnWithARunThatWasMergedWhenItWasShorter) {
  const auto early = write_store(in("early"), {{0, 2}}), late = write_store(in("late"), {{0, 6}});
  merge({early}, target(in("t"))).value();
  const auto merged = merge({late}, target(in("t"))).value();
  EXPECT_EQ(merged[0].continued, 1);
  EXPECT_EQ(merged[0].trials, 1);
  EXPECT_EQ(content(in("t")), content(late));
  EXPECT_EQ(merge({early}, target(in("t"))).value()[0].known, 1);
  EXPECT_EQ(content(in("t")), content(late));
}

// 12 times: up to five runs, each cut off somewhere in each of up to four stores, merged in random orders and groups.
TEST_F(Merge, GivesTheLongestOfEveryRunInEveryOrderAndGrouping) {
  std::mt19937 random(7);
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  for (int round = 0; round < 12; ++round) {
    const int runs = 1 + below(5), count = 2 + below(3);
    std::vector<int> longest(static_cast<size_t>(runs), 0);
    std::vector<fs::path> stores;
    for (int s = 0; s < count; ++s) {
      std::vector<std::pair<int, int>> pieces;
      for (int run = 0; run < runs; ++run) {
        const int length = below(kPieces + 1);
        if (length == 0) continue;
        pieces.emplace_back(run, length);
        longest[static_cast<size_t>(run)] = std::max(longest[static_cast<size_t>(run)], length);
      }
      std::shuffle(pieces.begin(), pieces.end(), random);
      stores.push_back(write_store(in(fmt::format("{}-{}", round, s)), pieces));
    }
    std::vector<std::pair<int, int>> whole;
    for (int run = 0; run < runs; ++run) {
      if (longest[static_cast<size_t>(run)] > 0) whole.emplace_back(run, longest[static_cast<size_t>(run)]);
    }
    const auto expected = content(write_store(in(fmt::format("{}-whole", round)), whole));
    for (int order = 0; order < 3; ++order) {
      std::shuffle(stores.begin(), stores.end(), random);
      const auto into = in(fmt::format("{}-t{}", round, order));
      const auto cut = stores.begin() + below(count + 1);
      if (cut != stores.begin()) merge({stores.begin(), cut}, target(into)).value();
      merge({cut, stores.end()}, target(into)).value();
      EXPECT_EQ(content(into), expected) << round;
    }
  }
}

TEST_F(Merge, RefusesRunsThatWereContinuedInTwoPlacesAndWritesNothing) {
  const auto a = write_store(in("a"), {{0, 4}}), b = write_store(in("b"), {{0, 4}}), good = write_store(in("good"), {{1, 6}});
  Store(Store::open(target(a)).value()).add(trial_record("00000000000000c1", 5, fmt::format("{:016x}", 0xa0))).value();
  Store(Store::open(target(b)).value()).add(trial_record("00000000000000c2", 5, fmt::format("{:016x}", 0xa0))).value();
  for (const auto& order : {std::vector{good, a, b}, {b, a, good}}) expect_refused(order, in("t"), "contradicts");
  EXPECT_TRUE(content(in("t")).empty());
}

// Neither is the beginning of the other, though no row contradicts one of the other store.
TEST_F(Merge, RefusesRunsOfWhichEachStoreHasRowsThatTheOtherLacks) {
  const auto a = write_store(in("a"), {{0, 4}}), b = write_store(in("b"), {{0, 4}});
  const std::string id = fmt::format("{:016x}", 0xa0);
  Store(Store::open(target(a)).value()).add(trial_record("00000000000000c1", 5, id)).value();
  auto end = end_record();
  end.run_id = id;
  Store(Store::open(target(b)).value()).add(end).value();
  expect_refused({a, b}, in("t"), "contradicts");
  expect_refused({b, a}, in("t"), "contradicts");
}

TEST_F(Merge, RefusesARunWithTheSameIdAndOtherContent) {
  const auto a = write_store(in("a"), {{0, 2}}), b = in("b");
  Store other = Store::open(target(b)).value();
  other.add(run_record(fmt::format("{:016x}", 0xa0))).value();
  expect_refused({a, b}, in("t"), "contradicts");
}

TEST_F(Merge, RefusesTheTargetAmongTheSources) {
  const auto a = write_store(in("a"), {{0, 2}});
  expect_refused({a}, a, "leave it out of the list");
  expect_refused({target(a)}, a, "leave it out of the list");
}

TEST_F(Merge, RefusesARunThatIsStillGoingOn) {
  const auto a = write_store(in("a"), {{0, 2}});
  const std::string id = fmt::format("{:016x}", 0xa0);
  {
    const auto lock = core::FileLock::try_take(a / ("run-" + id + ".lock")).value();
    expect_refused({a}, in("t"), "still going on");
  }
  EXPECT_FALSE(fs::exists(target(in("t")))) << "the target is not made for nothing";
  EXPECT_TRUE(merge({a}, target(in("t"))).ok());
}

TEST_F(Merge, RefusesWhatIsNoStore) {
  core::write_file(in("text") / kFileName, std::string_view("once upon a time, there was a file that was no database at all")).value();
  { SQLite::Database((in("foreign") / kFileName).string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec("CREATE TABLE t (x)"); }
  expect_refused({in("nothing")}, in("t"), "There is no store at");
  expect_refused({in("text")}, in("t"), "not a store of trainmark");
  expect_refused({in("foreign")}, in("t"), "another program");
}

TEST_F(Merge, RefusesADamagedStore) {
  const auto a = write_store(in("a"), {{0, 6}, {1, 6}, {2, 6}});
  auto bytes = core::read_file(target(a)).value();
  for (size_t at = 4096; at + 4096 < bytes.size(); at += 512) bytes[at] = static_cast<char>(bytes[at] ^ 0x5A);
  core::write_file(target(a), std::string_view(bytes)).value();
  fs::remove(target(a).string() + "-wal");
  const auto merged = merge({a}, target(in("t")));
  ASSERT_FALSE(merged.ok());
  EXPECT_NE(merged.error().message.find("damaged"), std::string::npos) << merged.error().message;
}

TEST_F(Merge, TakesAnOlderSchemaFromAMigratedCopyAndRefusesANewerOne) {
  const auto a = write_store(in("a"), {{0, 6}});
  const auto set_version = [&](int version) {
    SQLite::Database raw(target(a).string(), SQLite::OPEN_READWRITE);
    if (version == 2) raw.exec("DROP TABLE reading");
    raw.exec("PRAGMA user_version = " + std::to_string(version));
    raw.exec("PRAGMA journal_mode = DELETE");
  };
  set_version(2);
  const auto before = core::read_file(target(a)).value();
  EXPECT_EQ(merge({a}, target(in("t"))).value()[0].version, 2);
  EXPECT_EQ(core::read_file(target(a)).value(), before) << "sources are never written";
  EXPECT_EQ(content(in("t")).size(), 1u);
  set_version(99);
  expect_refused({a}, in("t2"), "newer trainmark");
}

TEST_F(Merge, BringsTheLogsOfTrialsAndNoOtherFiles) {
  const auto a = write_store(in("a"), {{0, 6}});
  const std::string trial = fmt::format("{:015x}0", 0xb0);
  fs::create_directories(a / "logs");
  core::write_file(a / "logs" / (trial + ".log"), std::string_view("a worker's words\n")).value();
  core::write_file(a / "logs" / "other.log", std::string_view("not ours\n")).value();
  EXPECT_EQ(merge({a}, target(in("t"))).value()[0].logs, 1);
  EXPECT_EQ(core::read_file(in("t") / "logs" / (trial + ".log")).value(), "a worker's words\n");
  EXPECT_FALSE(fs::exists(in("t") / "logs" / "other.log"));
  EXPECT_EQ(merge({a}, target(in("t"))).value()[0].logs, 0);
}

}  // namespace
}  // namespace trainmark::store
