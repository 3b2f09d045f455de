// market.hpp: what the snippets of docs/structures start from: a segment called market.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <boost/describe.hpp>
#include <chrono>
#include <optional>
#include <stoa/stoa.hpp>

#include "scratch.hpp"

struct market_segment {
  stoa::testing::scratch_name name;
  stoa::segment market = stoa::segment::create(name, 4 << 20);
};
