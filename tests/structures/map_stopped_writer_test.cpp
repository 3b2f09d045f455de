// Values of one and of several cache lines, which writers in other processes replace all the time: no reader finds a
// torn one, also while a writer stands still in the middle of a value. How long a find takes then is printed, with all
// that the machine had to do meanwhile.
//
// STOA_MAP_ROUNDS=2000000 in the environment makes it a long run.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "child.hpp"
#include "elements.hpp"
#include "map_rounds.hpp"
#include "stepped_child.hpp"

namespace stoa::testing {
namespace {

using steady = std::chrono::steady_clock;

template <std::size_t Bytes>
using table_of = stoa::map<std::uint64_t, sealed_in<Bytes>>;

constexpr std::uint64_t keys = 8;
constexpr unsigned crowd = 4;  // writers, and readers

// Replaces values, for ever. Each says its key.
template <std::size_t Bytes>
int write_for_ever(child_arguments const& a) {
  auto const map = segment::open(a.at(0)).attach<table_of<Bytes>>("m");
  std::minstd_rand random{static_cast<unsigned>(std::stoul(a.at(1)))};
  for (;;) {
    std::uint64_t const key = random() % keys;
    map.insert_or_assign(key, sealed_in<Bytes>{key + keys * random()});
  }
}
child_program const writer_of_64{"writer of 64", write_for_ever<64>};
child_program const writer_of_256{"writer of 256", write_for_ever<256>};

// Looks for each key in turn, so many times, and notes the median and the longest time in its two of `times`.
template <std::size_t Bytes>
int read_some(child_arguments const& a) {
  auto const home = segment::open(a.at(0));
  auto const map = home.attach<table_of<Bytes>>("m");
  std::vector<std::uint64_t> took(std::stoull(a.at(2)));
  for (std::uint64_t i = 0; i < took.size(); ++i) {
    auto const begin = steady::now();
    auto const found = map.find(i % keys);
    took[i] = static_cast<std::uint64_t>(std::chrono::nanoseconds{steady::now() - begin}.count());
    if (!found || !found->is_whole() || found->number() % keys != i % keys) return 1;
  }
  std::ranges::sort(took);
  auto const times = home.attach<array<std::uint64_t>>("times");
  auto const self = std::stoull(a.at(1));
  times.atomic(2 * self).store(took[took.size() / 2]);
  times.atomic(2 * self + 1).store(took.back());
  return 0;
}
child_program const reader_of_64{"reader of 64", read_some<64>};
child_program const reader_of_256{"reader of 256", read_some<256>};

template <class Bytes>
class map_values : public ::testing::Test {
 protected:
  using value = sealed_in<Bytes::value>;
  using table = table_of<Bytes::value>;

  map_values() {
    for (std::uint64_t key = 0; key < keys; ++key) map.insert(key, value{key});
  }
  std::vector<child> start_writers(unsigned count) const {
    std::vector<child> out;
    for (unsigned i = 0; i < count; ++i)
      out.push_back(child::start("writer of " + std::to_string(Bytes::value), {name.str(), std::to_string(i + 1)}));
    return out;
  }
  // Several processes look, so many times each; all that they find is whole.
  void expect_readers_go_on(std::uint64_t finds, char const* when) const {
    std::vector<child> readers;
    for (unsigned i = 0; i < crowd; ++i)
      readers.push_back(child::start("reader of " + std::to_string(Bytes::value),
                                     {name.str(), std::to_string(i), std::to_string(finds)}));
    for (auto& each : readers) ASSERT_TRUE(each.wait(std::chrono::minutes{4}).is_success()) << "torn, lost, or stuck";
    std::uint64_t median = 0, longest = 0;
    for (unsigned i = 0; i < crowd; ++i) {
      median = std::max(median, times[2 * i]);
      longest = std::max(longest, times[2 * i + 1]);
    }
    auto const us = [](std::uint64_t ns) { return fmt::format("{:.2f}", static_cast<double>(ns) / 1000); };
    fmt::print("{} bytes, {}: {} finds, median {} us, longest {} us\n", Bytes::value, when, crowd * finds, us(median),
               us(longest));
    this->RecordProperty("median_us", us(median));
    this->RecordProperty("longest_us", us(longest));
  }
  bool moves_on() const {
    auto const before = map.statistics().changes;
    return eventually([&] { return map.statistics().changes > before + 1000; });
  }
  // Whether that word stands anywhere in the map.
  bool holds(std::uint64_t word) const {
    auto const body = home.entries().begin()->view().body;
    for (std::size_t at = 0; at + sizeof(word) <= body.size(); at += sizeof(word))
      if (std::memcmp(body.data() + at, &word, sizeof(word)) == 0) return true;
    return false;
  }
  void expect_whole() const {
    EXPECT_EQ(map.size(), keys);
    map.for_each([](std::uint64_t key, value const& each) {
      EXPECT_TRUE(each.is_whole());
      EXPECT_EQ(each.number() % keys, key);
    });
  }

  scratch_name name;
  segment home = segment::create(name, 1u << 16);
  table map = home.publish<table>("m", keys);
  array<std::uint64_t> times = home.publish<array<std::uint64_t>>("times", 2 * crowd);
};

struct names_of_sizes {
  template <class Bytes>
  static std::string GetName(int) {
    return "Of" + std::to_string(Bytes::value) + "Bytes";
  }
};
using sizes = ::testing::Types<std::integral_constant<std::size_t, 64>, std::integral_constant<std::size_t, 256>>;
TYPED_TEST_SUITE(map_values, sizes, names_of_sizes);

TYPED_TEST(map_values, AreNeverTornByWriters) {
  auto writers = this->start_writers(crowd);
  ASSERT_TRUE(this->moves_on());
  this->expect_readers_go_on(rounds(200'000), "beside four writers");
  ASSERT_TRUE(this->moves_on());
  writers.clear();
  this->expect_whole();
}

TYPED_TEST(map_values, AreFoundWhileAWriterStandsStillInOne) {
  std::uint64_t const key = 3;
  typename TestFixture::value const fresh{key + keys * 0x1234'5678'9ABC};
  auto const half_of = fresh.words.size() / 2;
  stepped_child stopped{[&] {
    return [map = segment::open(this->name).template attach<typename TestFixture::table>("m"), key, fresh] {
      map.insert_or_assign(key, fresh);
    };
  }};
  ASSERT_TRUE(stopped.step_until([&] { return this->holds(fresh.words[half_of]); }));
  ASSERT_FALSE(this->holds(fresh.words.back())) << "it is not in the middle";
  {
    auto const others = this->start_writers(crowd - 1);  // each comes to that bucket, and waits
    this->expect_readers_go_on(rounds(20'000), "while a writer stands still in one");
    EXPECT_FALSE(this->holds(fresh.words.back()));
    EXPECT_EQ(this->map.find(key)->number(), key) << "nobody may have changed what he holds";
    ASSERT_TRUE(stopped.finish());
    ASSERT_TRUE(this->moves_on()) << "it was to let them go on";
  }
  this->expect_whole();
}

}  // namespace
}  // namespace stoa::testing
