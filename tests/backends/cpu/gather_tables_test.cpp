// Which form of the pixels' table is used, and that every form is equal to the table to the bit.
#include "backends/cpu/gather_tables.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace trainmark::backends::cpu {
namespace {

GatherTables::Form form_of(double divide_by, double mean, double deviation, bool fused = true) {
  const double means[] = {mean}, deviations[] = {deviation};
  GatherTables tables;
  const auto normalisation = data::make_normalisation(divide_by, means, deviations);
  make_tables(normalisation, fused, 0, tables);
  EXPECT_TRUE(same_tables(tables, normalisation));
  return tables.channels[0].form;
}

TEST(GatherTables, UsesArithmeticForTheUsualNormalisations) {
  EXPECT_EQ(form_of(255, 0, 1), GatherTables::Form::kScale);
  EXPECT_EQ(form_of(1, 0, 1), GatherTables::Form::kScale);
  EXPECT_EQ(form_of(255, 0.1307, 0.3081), GatherTables::Form::kLine) << "MNIST";
  EXPECT_EQ(form_of(255, 0.2860, 0.3530), GatherTables::Form::kLine) << "Fashion-MNIST";
  EXPECT_EQ(form_of(255, 0.5, 0.5), GatherTables::Form::kAffine) << "no neighbour of the constants meets all 256 values";
}

TEST(GatherTables, LooksUpWhatIsNoLineOrCannotBeRoundedOnce) {
  data::NormalisationTable squares;
  squares.channels.resize(1);
  for (int p = 0; p < 256; ++p) squares.channels[0][static_cast<size_t>(p)] = static_cast<float>(p * p);
  GatherTables tables;
  make_tables(squares, true, 0, tables);
  EXPECT_EQ(tables.channels[0].form, GatherTables::Form::kTable);
  EXPECT_EQ(form_of(255, 0.1307, 0.3081, false), GatherTables::Form::kTable) << "without a fused multiply-add";
}

TEST(GatherTables, NoticesAnotherTable) {
  const double means[] = {0.0}, deviations[] = {1.0}, others[] = {1.0000001};
  GatherTables tables;
  make_tables(data::make_normalisation(255, means, deviations), true, 0, tables);
  EXPECT_FALSE(same_tables(tables, data::make_normalisation(255, means, others)));
}

}  // namespace
}  // namespace trainmark::backends::cpu
