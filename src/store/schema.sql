-- The store: everything that runs of trainmark leave behind, one table per type of record (src/trial/records.hpp).
--
-- Append-only: rows are inserted once and never change; triggers refuse UPDATE, DELETE and INSERT OR REPLACE for every
-- connection, ours or not. What a later row says about an earlier one (an outcome about a trial) is a row of its own.
-- Times of day are nanoseconds since 1970-01-01 UTC; durations are nanoseconds; sizes are bytes. JSON columns hold
-- objects as text. The encodings of the blob columns are described in docs/store.md. `number` keeps the order of writing.

-- One execution of a study.
CREATE TABLE run (
  number          INTEGER PRIMARY KEY,  -- order of writing
  id              TEXT NOT NULL UNIQUE, -- 16 hexadecimal digits, random
  study           TEXT NOT NULL,        -- name of the study
  study_hash      TEXT NOT NULL,        -- SHA-256 of everything that was asked for; resume looks for it
  study_json      TEXT NOT NULL,        -- JSON: what was asked for
  baseline        TEXT NOT NULL,        -- platform that ratios refer to
  command_line    TEXT NOT NULL,        -- as the user typed it
  version         TEXT NOT NULL,        -- of trainmark
  started_wall_ns INTEGER NOT NULL,     -- time of day of the start
  environment     TEXT NOT NULL         -- JSON: machine, system, compiler
) STRICT;
CREATE INDEX run_by_study_hash ON run (study_hash);

-- A workload, resolved to exact values; the same one may belong to many runs.
CREATE TABLE workload (
  hash      TEXT PRIMARY KEY NOT NULL, -- SHA-256 of the canonical JSON
  network   TEXT NOT NULL,             -- name
  dataset   TEXT NOT NULL,             -- name
  synthetic INTEGER NOT NULL,          -- 1: the samples were made on the machine
  json      TEXT NOT NULL              -- JSON: the content of workload.json
) STRICT;

-- One training of one workload on one platform in one process.
CREATE TABLE trial (
  number          INTEGER PRIMARY KEY,                      -- order of writing
  id              TEXT NOT NULL UNIQUE,                     -- 16 hexadecimal digits, random
  run_id          TEXT NOT NULL REFERENCES run (id),        -- the run that it belongs to
  key             TEXT NOT NULL,                            -- "WORKLOAD_HASH/PLATFORM/THREADS/REPETITION"
  workload_hash   TEXT NOT NULL REFERENCES workload (hash), -- what was trained
  platform        TEXT NOT NULL,                            -- name, with mode and environment
  threads         INTEGER NOT NULL,                         -- that the worker was given
  repetition      INTEGER NOT NULL,                         -- from 0
  seed            INTEGER NOT NULL,                         -- the unsigned 64-bit seed, its bits read as signed
  share           REAL NOT NULL,                            -- part of the training that was asked for, (0, 1]
  planned_steps   INTEGER NOT NULL,                         -- steps that this trial was to run
  started_wall_ns INTEGER NOT NULL,                         -- time of day of the start of the process
  hello           TEXT NOT NULL                             -- JSON: the worker's own description
) STRICT;
CREATE INDEX trial_by_run ON trial (run_id);

-- What it cost before the first timed step.
CREATE TABLE preparation (
  trial_id      TEXT PRIMARY KEY NOT NULL REFERENCES trial (id), -- whose
  start_ns      INTEGER NOT NULL, -- start of the process to its answer to hello
  build_ns      INTEGER NOT NULL, -- building the network
  compile_ns    INTEGER NOT NULL, -- compiling it
  input_ns      INTEGER NOT NULL, -- converting or moving the samples
  input_bytes   INTEGER NOT NULL, -- bytes converted or moved
  first_step_ns INTEGER NOT NULL, -- the first step
  kernels       TEXT NOT NULL,    -- JSON: operation -> implementation, where known
  fit_ns        INTEGER           -- nearest neighbours: taking the training samples in; NULL: of a training. Since version 2
) STRICT;

-- An uninterrupted stretch of whole steps.
CREATE TABLE block (
  number          INTEGER PRIMARY KEY,                -- order of writing
  trial_id        TEXT NOT NULL REFERENCES trial (id), -- whose
  block_index     INTEGER NOT NULL, -- within the trial, ascending
  round           INTEGER NOT NULL, -- round of the schedule
  kind            TEXT NOT NULL CHECK (kind IN ('warm_up', 'rewarm', 'timed')), -- only times of 'timed' blocks count
  started_wall_ns INTEGER NOT NULL, -- time of day of the start
  first_step      INTEGER NOT NULL, -- global step number
  steps           INTEGER NOT NULL, -- number of steps
  epoch           INTEGER NOT NULL, -- of first_step
  samples         INTEGER NOT NULL, -- processed
  elapsed_ns      INTEGER NOT NULL, -- by the worker's clock, device synchronised at the edges
  times_ns        BLOB NOT NULL,    -- every time taken, one or one per step: delta varints
  losses          BLOB NOT NULL,    -- one per step: raw little-endian float64, bits kept
  correct         BLOB NOT NULL,    -- correct answers, one per step or none: varints
  indices_crc     INTEGER NOT NULL, -- CRC-32 of the sample indices consumed, 0 to 2^32 - 1
  cpu_ns          INTEGER NOT NULL, -- CPU time of the worker's processes during the block
  rss_anon_bytes  INTEGER NOT NULL, -- anonymous resident memory at the end of the block
  rss_file_bytes  INTEGER NOT NULL, -- file-backed resident memory at the end of the block
  disturbed       INTEGER NOT NULL, -- 1: the round is out of the headline
  disturbance     TEXT NOT NULL,    -- JSON: readings of the sentinel and of counters, see docs/store.md
  UNIQUE (trial_id, block_index)
) STRICT;

-- Classification of the evaluation split at one point of the training.
CREATE TABLE evaluation (
  number     INTEGER PRIMARY KEY,                -- order of writing
  trial_id   TEXT NOT NULL REFERENCES trial (id), -- whose
  epoch      INTEGER NOT NULL, -- number of finished epochs
  step       INTEGER NOT NULL, -- number of finished steps
  correct    INTEGER NOT NULL, -- samples classified correctly
  count      INTEGER NOT NULL, -- samples of the split
  loss       REAL,             -- mean over the split; NULL: not a number
  elapsed_ns INTEGER NOT NULL  -- time that it took
) STRICT;
CREATE INDEX evaluation_by_trial ON evaluation (trial_id);

-- Whether the platform did the same work.
CREATE TABLE verdict (
  trial_id TEXT PRIMARY KEY NOT NULL REFERENCES trial (id), -- whose
  verdict  TEXT NOT NULL CHECK (verdict IN ('verified', 'failed', 'unchecked')), -- the verdict
  summary  TEXT NOT NULL, -- one sentence
  evidence TEXT NOT NULL  -- JSON: every check with its figures
) STRICT;

-- How a trial ended. A trial without an outcome was cut off, or still runs.
CREATE TABLE outcome (
  trial_id            TEXT PRIMARY KEY NOT NULL REFERENCES trial (id), -- whose
  kind                TEXT NOT NULL,    -- finished, crashed, out_of_memory, timed_out, unsupported, failed, protocol, interrupted, abandoned
  message             TEXT NOT NULL,    -- a sentence; empty when finished
  log_tail            TEXT NOT NULL,    -- last lines of the worker's stderr
  ended_wall_ns       INTEGER NOT NULL, -- time of day of the end
  peak_rss_bytes      INTEGER NOT NULL, -- VmHWM, or ru_maxrss of a worker that died
  peak_rss_anon_bytes INTEGER NOT NULL, -- largest anonymous resident memory seen at block edges
  memory              TEXT NOT NULL     -- JSON: the worker's own report by component, with device_process from the driver; or null
) STRICT;

-- A platform of the study that did not run here.
CREATE TABLE skip (
  number   INTEGER PRIMARY KEY,              -- order of writing
  run_id   TEXT NOT NULL REFERENCES run (id), -- the run
  platform TEXT NOT NULL,                    -- name
  reason   TEXT NOT NULL                     -- a sentence with the remedy
) STRICT;
CREATE INDEX skip_by_run ON skip (run_id);

-- Where the time of one execution of a run went. A resumed run has several.
CREATE TABLE run_end (
  number        INTEGER PRIMARY KEY,              -- order of writing
  run_id        TEXT NOT NULL REFERENCES run (id), -- the run
  ended_wall_ns INTEGER NOT NULL, -- time of day of the end
  interrupted   INTEGER NOT NULL, -- 1: stopped by the user
  total_ns      INTEGER NOT NULL, -- whole execution
  start_ns      INTEGER NOT NULL, -- starting and preparing workers
  warm_up_ns    INTEGER NOT NULL, -- warm-up and re-warming
  blocks_ns     INTEGER NOT NULL, -- timed blocks
  sentinel_ns   INTEGER NOT NULL, -- the sentinel
  evaluation_ns INTEGER NOT NULL, -- evaluations
  proof_ns      INTEGER NOT NULL  -- proofs
) STRICT;
CREATE INDEX run_end_by_run ON run_end (run_id);

-- One more start on the compiler cache that the trial has filled: its costs with a warm cache. In few trials.
CREATE TABLE warm_start (
  trial_id      TEXT PRIMARY KEY NOT NULL REFERENCES trial (id), -- whose cache
  start_ns      INTEGER NOT NULL, -- start of the process to its answer to hello
  build_ns      INTEGER NOT NULL, -- building the network
  compile_ns    INTEGER NOT NULL, -- compiling it
  input_ns      INTEGER NOT NULL, -- converting or moving the samples
  first_step_ns INTEGER NOT NULL  -- the first step
) STRICT;

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

-- Nothing changes. BEFORE INSERT triggers are needed too: INSERT OR REPLACE deletes without firing DELETE triggers.
CREATE TRIGGER run_never_changes BEFORE UPDATE ON run
BEGIN SELECT RAISE(ABORT, 'The store is append-only: rows of "run" never change.'); END;
CREATE TRIGGER run_never_goes BEFORE DELETE ON run
BEGIN SELECT RAISE(ABORT, 'The store is append-only: rows of "run" are never deleted.'); END;
CREATE TRIGGER run_is_never_replaced BEFORE INSERT ON run WHEN EXISTS (SELECT 1 FROM run WHERE number = NEW.number OR id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'The store is append-only: it has this row of "run" already.'); END;
CREATE TRIGGER workload_never_changes BEFORE UPDATE ON workload
BEGIN SELECT RAISE(ABORT, 'The store is append-only: rows of "workload" never change.'); END;
CREATE TRIGGER workload_never_goes BEFORE DELETE ON workload
BEGIN SELECT RAISE(ABORT, 'The store is append-only: rows of "workload" are never deleted.'); END;
CREATE TRIGGER workload_is_never_replaced BEFORE INSERT ON workload WHEN EXISTS (SELECT 1 FROM workload WHERE hash = NEW.hash)
BEGIN SELECT RAISE(ABORT, 'The store is append-only: it has this row of "workload" already.'); END;
CREATE TRIGGER trial_never_changes BEFORE UPDATE ON trial
BEGIN SELECT RAISE(ABORT, 'The store is append-only: rows of "trial" never change.'); END;
CREATE TRIGGER trial_never_goes BEFORE DELETE ON trial
BEGIN SELECT RAISE(ABORT, 'The store is append-only: rows of "trial" are never deleted.'); END;
CREATE TRIGGER trial_is_never_replaced BEFORE INSERT ON trial WHEN EXISTS (SELECT 1 FROM trial WHERE number = NEW.number OR id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'The store is append-only: it has this row of "trial" already.'); END;
CREATE TRIGGER preparation_never_changes BEFORE UPDATE ON preparation
BEGIN SELECT RAISE(ABORT, 'The store is append-only: rows of "preparation" never change.'); END;
CREATE TRIGGER preparation_never_goes BEFORE DELETE ON preparation
BEGIN SELECT RAISE(ABORT, 'The store is append-only: rows of "preparation" are never deleted.'); END;
CREATE TRIGGER preparation_is_never_replaced BEFORE INSERT ON preparation WHEN EXISTS (SELECT 1 FROM preparation WHERE trial_id = NEW.trial_id)
BEGIN SELECT RAISE(ABORT, 'The store is append-only: it has this row of "preparation" already.'); END;
CREATE TRIGGER block_never_changes BEFORE UPDATE ON block
BEGIN SELECT RAISE(ABORT, 'The store is append-only: rows of "block" never change.'); END;
CREATE TRIGGER block_never_goes BEFORE DELETE ON block
BEGIN SELECT RAISE(ABORT, 'The store is append-only: rows of "block" are never deleted.'); END;
CREATE TRIGGER block_is_never_replaced BEFORE INSERT ON block WHEN EXISTS (SELECT 1 FROM block WHERE number = NEW.number OR (trial_id = NEW.trial_id AND block_index = NEW.block_index))
BEGIN SELECT RAISE(ABORT, 'The store is append-only: it has this row of "block" already.'); END;
CREATE TRIGGER evaluation_never_changes BEFORE UPDATE ON evaluation
BEGIN SELECT RAISE(ABORT, 'The store is append-only: rows of "evaluation" never change.'); END;
CREATE TRIGGER evaluation_never_goes BEFORE DELETE ON evaluation
BEGIN SELECT RAISE(ABORT, 'The store is append-only: rows of "evaluation" are never deleted.'); END;
CREATE TRIGGER evaluation_is_never_replaced BEFORE INSERT ON evaluation WHEN EXISTS (SELECT 1 FROM evaluation WHERE number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'The store is append-only: it has this row of "evaluation" already.'); END;
CREATE TRIGGER verdict_never_changes BEFORE UPDATE ON verdict
BEGIN SELECT RAISE(ABORT, 'The store is append-only: rows of "verdict" never change.'); END;
CREATE TRIGGER verdict_never_goes BEFORE DELETE ON verdict
BEGIN SELECT RAISE(ABORT, 'The store is append-only: rows of "verdict" are never deleted.'); END;
CREATE TRIGGER verdict_is_never_replaced BEFORE INSERT ON verdict WHEN EXISTS (SELECT 1 FROM verdict WHERE trial_id = NEW.trial_id)
BEGIN SELECT RAISE(ABORT, 'The store is append-only: it has this row of "verdict" already.'); END;
CREATE TRIGGER outcome_never_changes BEFORE UPDATE ON outcome
BEGIN SELECT RAISE(ABORT, 'The store is append-only: rows of "outcome" never change.'); END;
CREATE TRIGGER outcome_never_goes BEFORE DELETE ON outcome
BEGIN SELECT RAISE(ABORT, 'The store is append-only: rows of "outcome" are never deleted.'); END;
CREATE TRIGGER outcome_is_never_replaced BEFORE INSERT ON outcome WHEN EXISTS (SELECT 1 FROM outcome WHERE trial_id = NEW.trial_id)
BEGIN SELECT RAISE(ABORT, 'The store is append-only: it has this row of "outcome" already.'); END;
CREATE TRIGGER skip_never_changes BEFORE UPDATE ON skip
BEGIN SELECT RAISE(ABORT, 'The store is append-only: rows of "skip" never change.'); END;
CREATE TRIGGER skip_never_goes BEFORE DELETE ON skip
BEGIN SELECT RAISE(ABORT, 'The store is append-only: rows of "skip" are never deleted.'); END;
CREATE TRIGGER skip_is_never_replaced BEFORE INSERT ON skip WHEN EXISTS (SELECT 1 FROM skip WHERE number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'The store is append-only: it has this row of "skip" already.'); END;
CREATE TRIGGER run_end_never_changes BEFORE UPDATE ON run_end
BEGIN SELECT RAISE(ABORT, 'The store is append-only: rows of "run_end" never change.'); END;
CREATE TRIGGER run_end_never_goes BEFORE DELETE ON run_end
BEGIN SELECT RAISE(ABORT, 'The store is append-only: rows of "run_end" are never deleted.'); END;
CREATE TRIGGER run_end_is_never_replaced BEFORE INSERT ON run_end WHEN EXISTS (SELECT 1 FROM run_end WHERE number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'The store is append-only: it has this row of "run_end" already.'); END;
CREATE TRIGGER warm_start_never_changes BEFORE UPDATE ON warm_start
BEGIN SELECT RAISE(ABORT, 'The store is append-only: rows of "warm_start" never change.'); END;
CREATE TRIGGER warm_start_never_goes BEFORE DELETE ON warm_start
BEGIN SELECT RAISE(ABORT, 'The store is append-only: rows of "warm_start" are never deleted.'); END;
CREATE TRIGGER warm_start_is_never_replaced BEFORE INSERT ON warm_start WHEN EXISTS (SELECT 1 FROM warm_start WHERE trial_id = NEW.trial_id)
BEGIN SELECT RAISE(ABORT, 'The store is append-only: it has this row of "warm_start" already.'); END;
CREATE TRIGGER reading_never_changes BEFORE UPDATE ON reading
BEGIN SELECT RAISE(ABORT, 'The store is append-only: rows of "reading" never change.'); END;
CREATE TRIGGER reading_never_goes BEFORE DELETE ON reading
BEGIN SELECT RAISE(ABORT, 'The store is append-only: rows of "reading" are never deleted.'); END;
CREATE TRIGGER reading_is_never_replaced BEFORE INSERT ON reading WHEN EXISTS (SELECT 1 FROM reading WHERE number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'The store is append-only: it has this row of "reading" already.'); END;
