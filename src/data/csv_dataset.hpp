// The data set `csv:FILE`: options, splits, and the converted copy in the cache.
#pragma once

#include "core/result.hpp"
#include "data/dataset.hpp"
#include "data/dataset_name.hpp"

namespace trainmark::data {

/// Options: label, header (yes or no), separator (one character, or tab), shape, test (a second file; else a fifth of the
/// rows is held out). Usage errors: those of parse_csv; bad options; pixels that do not fill the shape; test rows of
/// another number of columns.
core::Result<Dataset> load_csv(const DatasetName& name);

/// The shape of images of `columns` pixels when the user gives none: a square, else one row.
Shape3 shape_of_columns(int64_t columns);

}  // namespace trainmark::data
