// An entry whose bytes are fewer than its synchronisation object needs is refused.
#include <gtest/gtest.h>

#include <string>

#include "elements.hpp"

namespace stoa::testing {
namespace {

struct noun {
  char const* kind;
  void (*publish)(segment const&);
};
void PrintTo(noun const& each, std::ostream* out) { *out << each.kind; }

std::vector<noun> nouns() {
  return {
      {"mutex", [](segment const& home) { home.publish<stoa::mutex>("x"); }},
      {"event", [](segment const& home) { home.publish<stoa::event>("x"); }},
      {"semaphore", [](segment const& home) { home.publish<stoa::counting_semaphore>("x", 1, 3); }},
      {"condition", [](segment const& home) { home.publish<stoa::condition_variable>("x"); }},
      {"shared_mutex", [](segment const& home) { home.publish<stoa::shared_mutex>("x", 9); }},
      {"barrier", [](segment const& home) { home.publish<stoa::barrier>("x", 2); }},
      {"future", [](segment const& home) { home.publish<stoa::future<sealed>>("x"); }},
      {"latch", [](segment const& home) { home.publish<stoa::latch>("x", 1); }},
      {"once_flag", [](segment const& home) { home.publish<stoa::once_flag>("x"); }},
  };
}

class small_extent : public ::testing::TestWithParam<noun> {
 protected:
  scratch_name name;
  segment home = segment::create(name, 1u << 18, {.max_entries = 4, .max_participants = 4, .max_lanes = 4});
};

TEST_P(small_extent, IsRefused) {
  GetParam().publish(home);
  auto entry = home.attachment().entries().at(0);
  for (auto const bytes : {0u, 8u, 120u}) {
    entry.body = entry.body.first(bytes);
    EXPECT_FALSE(find_kind(entry.kind())->statistics(entry));
    entry = home.attachment().entries().at(0);
  }
}

INSTANTIATE_TEST_SUITE_P(each, small_extent, ::testing::ValuesIn(nouns()),
                         [](auto const& each) { return std::string{each.param.kind}; });

}  // namespace
}  // namespace stoa::testing
