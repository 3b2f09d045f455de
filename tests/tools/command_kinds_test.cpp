// show and cat on a segment with a ring, a stack, a pool, a map, a set, a bitset and a heap: what they print, that
// they change no byte, and what they say when one of these is damaged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/describe.hpp>
#include <cstring>
#include <regex>
#include <stoa/stoa.hpp>

#include "json.hpp"
#include "running_command.hpp"
#include "scratch.hpp"

namespace stoa::testing {
namespace {

using namespace stoa::literals;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

struct trade {
  std::uint64_t id;
  double price;
};
BOOST_DESCRIBE_STRUCT(trade, (), (id, price))

std::vector<std::string> lines_of(std::string const& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    auto const end = text.find('\n', at);
    out.push_back(text.substr(at, end - at));
    at = end == std::string::npos ? end : end + 1;
  }
  return out;
}

class command_kinds : public ::testing::Test {
 protected:
  command_kinds() {
    for (std::uint64_t id = 1; id <= 4; ++id) ring.push({id, 0.5});
    static_cast<void>(ring.try_pop());
    for (std::uint64_t id = 1; id <= 2; ++id) static_cast<void>(stack.try_push({id, 1.5}));
    pool[pool.acquire()] = {1, 2.5};
    pool.release(pool.acquire());
    map.insert(7, {7, 3.5});
    map.insert(8, {8, 3.5});
    map.insert_or_assign(8, {9, 4.5});
    for (std::int16_t each = 5; each <= 7; ++each) set.insert(each);
    set.erase(6);
    for (auto const each : {0u, 64u, 69u}) bitset.set(each);
    heap.construct<int>("number", 1);
  }
  std::string in(std::string const& entry) const { return name.str() + '/' + entry; }
  command_result run(std::vector<std::string> const& arguments) const { return run_stoa(arguments); }
  std::string cat(std::string const& entry) const {
    auto const printed = run({"cat", in(entry)});
    EXPECT_EQ(printed.status, 0) << printed.err;
    EXPECT_EQ(printed.err, "");
    return printed.out;
  }
  std::string cat_json(std::string const& entry) const {
    auto const printed = run({"cat", in(entry), "--json"});
    EXPECT_EQ(printed.status, 0) << printed.err;
    parse_json(printed.out);
    return printed.out;
  }
  // In one line, with one blank between two words.
  std::string show() const {
    auto const printed = run({"show", name});
    EXPECT_EQ(printed.status, 0) << printed.err;
    return std::regex_replace(printed.out, std::regex{"\\s+"}, " ");
  }
  std::span<std::byte> body_of(std::string_view kind) const {
    for (auto const& each : market.entries())
      if (each.kind() == kind) return each.view().body;
    ADD_FAILURE() << "no " << kind;
    return {};
  }
  void overwrite(std::string_view kind, std::size_t at, std::uint64_t with) const {
    std::memcpy(body_of(kind).data() + at, &with, sizeof(with));
  }
  void expect_error(std::string const& entry, std::string const& message) const {
    auto const shown = run({"show", name});
    EXPECT_EQ(shown.status, 0) << shown.err;
    EXPECT_THAT(std::regex_replace(shown.out, std::regex{"\\s+"}, " "), HasSubstr(message));
    EXPECT_EQ(parse_json(run({"show", name, "--json"}).out).at("entries").as_array().size(), 7u);
    auto const printed = run({"cat", in(entry)});
    EXPECT_EQ(printed.status, 1);
    EXPECT_EQ(printed.out, "");
    EXPECT_THAT(printed.err, HasSubstr(message));
  }

  scratch_name name;
  segment market = segment::create(name, 256_KiB, {.max_entries = 16, .max_participants = 4});
  stoa::ring<trade> ring = market.publish<stoa::ring<trade>>("ticks", 3);
  stoa::stack<trade> stack = market.publish<stoa::stack<trade>>("undo", 3);
  object_pool<trade> pool = market.publish<object_pool<trade>>("orders", 3);
  stoa::map<std::uint32_t, trade> map = market.publish<stoa::map<std::uint32_t, trade>>("last", 10);
  stoa::set<std::int16_t> set = market.publish<stoa::set<std::int16_t>>("halted", 10);
  stoa::bitset bitset = market.publish<stoa::bitset>("lit", 70);
  stoa::heap heap = market.publish<stoa::heap>("texts", 4096);
};

TEST_F(command_kinds, CatPrintsARingFromOldestToNewest) {
  EXPECT_EQ(cat("ticks"), "{id: 2, price: 0.5}\n{id: 3, price: 0.5}\n{id: 4, price: 0.5}\n");
}
TEST_F(command_kinds, CatPrintsAStackFromItsTop) {
  EXPECT_EQ(cat("undo"), "{id: 2, price: 1.5}\n{id: 1, price: 1.5}\n");
  EXPECT_EQ(cat_json("undo"), "[\n  {\"id\": 2, \"price\": 1.5},\n  {\"id\": 1, \"price\": 1.5}\n]\n");
}
TEST_F(command_kinds, CatPrintsTheObjectsInUse) { EXPECT_EQ(cat("orders"), "{id: 1, price: 2.5}\n"); }
TEST_F(command_kinds, CatPrintsKeysWithTheirValues) {
  EXPECT_THAT(lines_of(cat("last")), UnorderedElementsAre("{key: 7, value: {id: 7, price: 3.5}}",
                                                          "{key: 8, value: {id: 9, price: 4.5}}"));
  auto const elements = parse_json(cat_json("last"));
  EXPECT_EQ(elements.as_array().size(), 2u);
  for (auto const& each : elements.as_array()) EXPECT_TRUE(each.at("value").as_object().contains("price"));
}
TEST_F(command_kinds, CatPrintsTheKeysOfASet) {
  EXPECT_THAT(lines_of(cat("halted")), UnorderedElementsAre("5", "7"));
}
TEST_F(command_kinds, CatPrintsTheNumbersOfSetBits) {
  EXPECT_EQ(cat("lit"), "0\n64\n69\n");
  EXPECT_EQ(cat_json("lit"), "[\n  0,\n  64,\n  69\n]\n");
}
TEST_F(command_kinds, CatPrintsNothingOfAHeap) {
  EXPECT_EQ(cat("texts"), "");
  EXPECT_EQ(cat_json("texts"), "[]\n");
}
TEST_F(command_kinds, CatPrintsNothingOfWhatIsEmpty) {
  map.clear();
  set.clear();
  bitset.reset_all();
  while (stack.try_pop()) continue;
  for (auto const& each : pool.live()) pool.release(each);
  for (auto const* entry : {"undo", "orders", "last", "halted", "lit"}) {
    EXPECT_EQ(cat(entry), "") << entry;
    EXPECT_EQ(cat_json(entry), "[]\n") << entry;
  }
}

TEST_F(command_kinds, ShowHasALineForEach) {
  auto const shown = show();
  for (auto const* line : {
           "ticks ring 3 3 ", "written 4, read 2, lost 1, push_refusals 0, pop_refusals 0, high_water ",
           "undo stack 3 2 ", "pushed 2, popped 0, push_refusals 0, pop_refusals 0, high_water 2",
           "orders object_pool 3 1 ", "acquired 2, released 1, reclaimed 0, refusals 0, high_water ",
           "last map 10 2 ", "{key:<u4@0,value:{id:<u8@0,price:<f8@8}16@8}24", "refusals 0, overflow_buckets ",
           "halted set 10 2 ", "<i2",
           "lit bitset 70 3 ", "texts heap 4096 - "})
    EXPECT_THAT(shown, HasSubstr(line));
}

TEST_F(command_kinds, NoByteIsChanged) {
  auto const& mapped = market.attachment().map();
  auto const bytes = [&] {
    return std::string{reinterpret_cast<char const*>(mapped.base()), mapped.layout().total_bytes};
  };
  auto const before = bytes();
  for (auto const* entry : {"ticks", "undo", "orders", "last", "halted", "lit", "texts"}) cat(entry);
  show();
  EXPECT_TRUE(bytes() == before);
  EXPECT_EQ(market.reference_count(), 1u);
}

// The first word of each header is its size.
TEST_F(command_kinds, HeadersThatContradictTheirExtentAreErrors) {
  auto const entries = std::vector<std::pair<std::string, std::string>>{
      {"ticks", "ring"}, {"undo", "stack"}, {"orders", "object_pool"}, {"lit", "bitset"}, {"texts", "heap"}};
  for (auto const& [entry, kind] : entries) {
    std::uint64_t good = 0;
    std::memcpy(&good, body_of(kind).data(), sizeof(good));
    overwrite(kind, 0, ~std::uint64_t{0} >> 1);
    expect_error(entry, kind + " '" + entry + "': ");
    overwrite(kind, 0, good);
    EXPECT_EQ(run({"cat", in(entry)}).status, 0);
  }
  overwrite("map", offsetof(map_header, homes), ~std::uint64_t{0});
  expect_error("last", "map 'last': ");
  overwrite("set", offsetof(map_header, key_bytes), 0);
  expect_error("halted", "set 'halted': ");
}

TEST_F(command_kinds, ElementsThatDoNotEndAreAnError) {
  auto const body = body_of("stack");
  auto const top = reinterpret_cast<stack_header const*>(body.data())->top.load();
  auto const first = sizeof(stack_header) + node_in(top) * stack_layout::of(sizeof(trade), alignof(trade)).node_bytes;
  overwrite("stack", first, make_link(tag_in(top), node_in(top)));  // below itself
  auto const printed = run({"cat", in("undo")});
  EXPECT_EQ(printed.status, 1);
  EXPECT_EQ(printed.out, "");
  EXPECT_THAT(printed.err, HasSubstr("do not end"));
  EXPECT_THAT(show(), HasSubstr("undo stack 3 "));
}

// Each word of each structure, one at a time: both say what they can.
TEST_F(command_kinds, DamagedWordsEndInOutputOrAnError) {
  for (auto const& each : market.entries()) {
    auto const body = each.view().body;
    for (std::size_t at = 0; at < body.size(); at += at < 512 ? 8 : 88) {
      std::uint64_t good = 0;
      std::memcpy(&good, body.data() + at, sizeof(good));
      std::memset(body.data() + at, 0xFF, sizeof(good));
      for (auto const& arguments : {std::vector<std::string>{"show", name}, {"cat", in(std::string{each.name()})}}) {
        auto const status = run(arguments).status;
        EXPECT_TRUE(status == 0 || status == 1)
            << arguments[0] << " with word " << at << " of " << each.name() << " ended with " << status;
      }
      std::memcpy(body.data() + at, &good, sizeof(good));
    }
  }
}

}  // namespace
}  // namespace stoa::testing
