#include "market.hpp"

namespace {

// begin
struct user {
  std::uint64_t visits;
  std::array<char, 24> name;
};
BOOST_DESCRIBE_STRUCT(user, (), (visits, name))
// end

std::uint64_t greeted = 0;
std::uint64_t listed = 0;
void greet(user const& each) { greeted += each.visits; }
void list(std::uint64_t id, user const& each) { listed += id + each.visits; }

TEST(snippet, Map) {
  market_segment const scratch;
  auto const& market = scratch.market;
  // begin
  auto users = market.publish_or_attach<stoa::map<std::uint64_t, user>>("users", 10000);

  if (!users.insert(7, {1, {"ada"}})) { /* present, or no room */ }
  users.update(7, [](user& u) { ++u.visits; });        // atomic; may run more than once
  if (auto u = users.find(7)) greet(*u);               // a copy, never half of two
  for (auto const& [id, u] : users.snapshot()) list(id, u);
  // end
  EXPECT_EQ(greeted, 2u);
  EXPECT_EQ(listed, 9u);
}

}  // namespace
