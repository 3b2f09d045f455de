// Many writers and readers: what is read is always one store's, and versions never go back.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "elements.hpp"

namespace stoa::testing {
namespace {

using number = stoa::value<sealed>;

struct load {
  int buffers;
  unsigned writers;
  unsigned readers;
};

class value_threads : public ::testing::TestWithParam<load> {
 protected:
  static constexpr std::uint64_t per_writer = 4000;
  two_views views;
  number value = views.first.publish<number>("v", GetParam().buffers);

  template <class Write>
  void run(Write write) {
    value.store(sealed{0});
    std::atomic<bool> is_over{false};
    std::vector<std::thread> writers;
    std::vector<std::thread> readers;
    for (unsigned i = 0; i < GetParam().readers; ++i)
      readers.emplace_back([&, value = value] {
        std::uint64_t last = 0;
        while (!is_over) {
          auto const [loaded, version] = value.load_versioned();
          ASSERT_TRUE(loaded.is_whole());
          ASSERT_GE(version, last);
          last = version;
        }
      });
    for (unsigned i = 0; i < GetParam().writers; ++i)
      writers.emplace_back([&, i] {
        for (std::uint64_t n = 0; n < per_writer; ++n) write(i, n);
      });
    for (auto& each : writers) each.join();
    is_over = true;
    for (auto& each : readers) each.join();
  }
};

TEST_P(value_threads, ReadersNeverSeeATornValueOrAnOlderOne) {
  run([&](std::uint64_t writer, std::uint64_t n) { value.store(sealed{writer << 32 | n}); });
  EXPECT_EQ(value.version(), 1 + GetParam().writers * per_writer);
}

TEST_P(value_threads, UpdatesAddUp) {
  run([&](auto, auto) { value.update([](sealed& each) { each = sealed{each.number() + 1}; }); });
  EXPECT_EQ(value.load().number(), GetParam().writers * per_writer);
  EXPECT_EQ(value.version(), 1 + GetParam().writers * per_writer);
}

std::string name_of(load const& each) {
  return std::to_string(each.buffers) + "Buffers" + std::to_string(each.writers) + "Writers" +
         std::to_string(each.readers) + "Readers";
}
INSTANTIATE_TEST_SUITE_P(each, value_threads,
                         ::testing::Values(load{2, 1, 2}, load{2, 3, 1}, load{3, 2, 2},
                                           load{8, 3, 3}),
                         [](auto const& each) { return name_of(each.param); });

}  // namespace
}  // namespace stoa::testing
