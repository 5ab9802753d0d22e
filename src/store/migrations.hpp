// What brings an older file up to kSchemaVersion: kMigrations[v - 1] leads from version v to v + 1. Scripts may add tables and columns; rows
// stay as they are. What a script makes must be what schema.sql makes but for comments and spaces: a test compares them.
#pragma once

#include <array>

#include "store/store.hpp"

namespace trainmark::store {

/// Version 2: warm starts, and the time of fitting.
inline constexpr const char* kAddWarmStartAndFit = R"sql(
ALTER TABLE preparation ADD COLUMN fit_ns INTEGER;
-- One more start on the compiler cache that the trial has filled: its costs with a warm cache. In few trials.
CREATE TABLE warm_start (
  trial_id      TEXT PRIMARY KEY NOT NULL REFERENCES trial (id), -- whose cache
  start_ns      INTEGER NOT NULL, -- start of the process to its answer to hello
  build_ns      INTEGER NOT NULL, -- building the network
  compile_ns    INTEGER NOT NULL, -- compiling it
  input_ns      INTEGER NOT NULL, -- converting or moving the samples
  first_step_ns INTEGER NOT NULL  -- the first step
) STRICT;
CREATE TRIGGER warm_start_never_changes BEFORE UPDATE ON warm_start
BEGIN SELECT RAISE(ABORT, 'The store is append-only: rows of "warm_start" never change.'); END;
CREATE TRIGGER warm_start_never_goes BEFORE DELETE ON warm_start
BEGIN SELECT RAISE(ABORT, 'The store is append-only: rows of "warm_start" are never deleted.'); END;
CREATE TRIGGER warm_start_is_never_replaced BEFORE INSERT ON warm_start WHEN EXISTS (SELECT 1 FROM warm_start WHERE trial_id = NEW.trial_id)
BEGIN SELECT RAISE(ABORT, 'The store is append-only: it has this row of "warm_start" already.'); END;
)sql";

/// Version 3: readings of instruments.
inline constexpr const char* kAddReading = R"sql(
-- What an instrument gave, in a form of its own (docs/store.md).
CREATE TABLE reading (
  number        INTEGER PRIMARY KEY,              -- order of writing
  run_id        TEXT NOT NULL REFERENCES run (id), -- the run
  trial_id      TEXT REFERENCES trial (id),        -- whose; NULL: of the machine or of the whole run
  kind          TEXT NOT NULL,    -- "energy", ...
  taken_wall_ns INTEGER NOT NULL, -- time of day
  figures       TEXT NOT NULL     -- JSON: an object
) STRICT;
CREATE INDEX reading_by_run ON reading (run_id);
CREATE TRIGGER reading_never_changes BEFORE UPDATE ON reading
BEGIN SELECT RAISE(ABORT, 'The store is append-only: rows of "reading" never change.'); END;
CREATE TRIGGER reading_never_goes BEFORE DELETE ON reading
BEGIN SELECT RAISE(ABORT, 'The store is append-only: rows of "reading" are never deleted.'); END;
CREATE TRIGGER reading_is_never_replaced BEFORE INSERT ON reading WHEN EXISTS (SELECT 1 FROM reading WHERE number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'The store is append-only: it has this row of "reading" already.'); END;
)sql";

inline constexpr std::array<const char*, kSchemaVersion - 1> kMigrations = {kAddWarmStartAndFit, kAddReading};

}  // namespace trainmark::store
