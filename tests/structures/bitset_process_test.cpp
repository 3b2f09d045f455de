// Bits that processes claim, and those of killed ones.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "child.hpp"
#include "elements.hpp"

namespace stoa::testing {
namespace {

using counters = stoa::array<std::uint64_t>;

// Claims until nothing is left, and counts each in seen.
int run_claimer(child_arguments const& a) {
  auto const home = segment::open(a.at(0));
  auto const bits = home.attach<stoa::bitset>("b");
  auto const seen = home.attach<counters>("seen");
  while (auto const claimed = bits.claim_first_unset()) seen.atomic(*claimed).fetch_add(1);
  return 0;
}
child_program const claimer{"claimer", run_claimer};

struct scene {
  static constexpr std::uint64_t size = 5000;
  scratch_name name;
  segment home = segment::create(name, 1u << 20);
  stoa::bitset bits = home.publish<stoa::bitset>("b", size);
  counters seen = home.publish<counters>("seen", size);
};

TEST(bitset, ProcessesClaimEveryBitOnce) {
  scene all;
  std::vector<child> claimers;
  for (int i = 0; i < 4; ++i) claimers.push_back(child::start("claimer", {all.name.str()}));
  for (auto& each : claimers) EXPECT_TRUE(each.wait().is_success());
  EXPECT_TRUE(all.bits.all());
  for (std::uint64_t i = 0; i < all.size; ++i) ASSERT_EQ(all.seen[i], 1u) << i;
}

// Each may have claimed one that it did not come to count; none is claimed twice, and all are set.
TEST(bitset, BitsOfKilledProcessesStaySet) {
  scene all;
  std::uint64_t uncounted = 0;
  for (int i = 0; i < 10; ++i) {
    auto victim = child::start("claimer", {all.name.str()});
    EXPECT_TRUE(eventually([&, before = all.bits.count()] { return all.bits.count() > before || all.bits.all(); }));
    victim.kill();
    ++uncounted;
  }
  EXPECT_TRUE(child::start("claimer", {all.name.str()}).wait().is_success());
  EXPECT_TRUE(all.bits.all());
  std::uint64_t counted = 0;
  for (std::uint64_t i = 0; i < all.size; ++i) {
    ASSERT_LE(all.seen[i], 1u) << i;
    counted += all.seen[i];
  }
  EXPECT_GE(counted + uncounted, all.size);
}

}  // namespace
}  // namespace stoa::testing
