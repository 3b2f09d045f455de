// A reader stands still after every single instruction of a look. Others replace what it looks at meanwhile, and the
// last of them stands still too, with half of its payload written. What the reader then finds was there, whole.
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <span>
#include <string>

#include "elements.hpp"
#include "kill_each_instruction.hpp"

namespace stoa::testing {
namespace {

constexpr std::uint64_t torn = ~std::uint64_t{0};

void note(report& found, sealed const& each) { found.note_pop(each.is_whole() ? each.number() : torn); }

// What is looked at: publish() leaves number 1 in it, and change() puts another in its place.
struct value_load {
  using type = stoa::value<sealed>;
  static type publish(segment const& home) {
    auto const it = home.publish<type>("it", 2);
    change(it, 1);
    return it;
  }
  static void look(type const& it, report& found) { note(found, it.load()); }
  static void change(type const& it, std::uint64_t number) { it.store(sealed{number}); }
};

struct map_find {
  using type = stoa::map<std::uint64_t, sealed>;
  static type publish(segment const& home) {
    auto const it = home.publish<type>("it", 4);
    change(it, 1);
    return it;
  }
  static void look(type const& it, report& found) {
    if (auto const got = it.find(5)) note(found, *got);
  }
  static void change(type const& it, std::uint64_t number) { it.insert_or_assign(5, sealed{number}); }
};

struct stack_top {
  using type = stoa::stack<sealed>;
  static type publish(segment const& home) {
    auto const it = home.publish<type>("it", 2);
    it.push(sealed{0});  // below it, for who looks between a pop and a push
    it.push(sealed{1});
    return it;
  }
  static void look(type const& it, report& found) {
    if (auto const got = it.top()) note(found, *got);
  }
  static void change(type const& it, std::uint64_t number) {
    static_cast<void>(it.try_pop());
    it.push(sealed{number});
  }
};

struct ring_latest {
  using type = stoa::ring<sealed>;
  static type publish(segment const& home) {
    auto const it = home.publish<type>("it", 1, ring_mode::overwrite, before_wrap);
    change(it, 1);
    return it;
  }
  static void look(type const& it, report& found) {
    if (auto const got = it.latest()) note(found, *got);
  }
  static void change(type const& it, std::uint64_t number) { it.push(sealed{number}); }
};

struct ring_read : ring_latest {
  static void look(type const& it, report& found) {
    if (auto const got = it.reader().try_read()) note(found, *got);
  }
};

struct message_read {
  using type = message_ring;
  static type publish(segment const& home) {
    auto const it = home.publish<type>("it", 1024,
                                       message_ring_options{.delivery = delivery::broadcast,
                                                            .when_full = when_full::overwrite,
                                                            .timestamps = message_time::none});
    for (int i = 0; i < 7; ++i) change(it, 1);  // full: the next but one lies where the first did
    return it;
  }
  static void look(type const& it, report& found) {
    auto reader = it.reader();
    auto const got = reader.try_receive();
    if (!got || got->data().size() != sizeof(sealed)) return;
    sealed each;
    std::memcpy(&each, got->data().data(), sizeof(each));
    note(found, each);
  }
  static void change(type const& it, std::uint64_t number) {
    sealed const each{number};
    it.send(std::as_bytes(std::span{&each, 1}));
  }
};

template <class What>
struct scene {
  scratch_name name;
  segment home = segment::create(name, 1u << 16, {.max_entries = 4, .max_participants = 4, .max_lanes = 4});
  shared_report reported;
  scene() { What::publish(home); }

  auto reader() const {
    return [this] {
      auto it = segment::open_read_only(name).template attach<typename What::type>("it");
      report first;
      What::look(it, first);
      return [it, found = reported.get()] { What::look(it, *found); };
    };
  }
  auto writer(std::uint64_t number) const {
    return [this, number] {
      auto const where = segment::open(name);
      where.attachment().my_lane();
      return [it = where.template attach<typename What::type>("it"), number] { What::change(it, number); };
    };
  }
  void change(std::uint64_t number) const {
    stepped_child other{writer(number)};  // who leaves: a ring's producer is one at a time
    ASSERT_TRUE(other.finish());
  }
  // Whether that word stands anywhere in the structure.
  bool holds(std::uint64_t word) const {
    auto const body = home.entries().begin()->view().body;
    for (std::size_t at = 0; at + sizeof(word) <= body.size(); at += sizeof(word))
      if (std::memcmp(body.data() + at, &word, sizeof(word)) == 0) return true;
    return false;
  }
};

template <class What>
class stopped_reader : public ::testing::Test {};

using all = ::testing::Types<value_load, map_find, stack_top, ring_latest, ring_read, message_read>;
struct names_of_all {
  template <class What>
  static std::string GetName(int which) {
    static constexpr std::array names{"ValueLoad", "MapFind", "StackTop", "RingLatest", "RingRead", "MessageRead"};
    return names.at(static_cast<std::size_t>(which));
  }
};
TYPED_TEST_SUITE(stopped_reader, all, names_of_all);

TYPED_TEST(stopped_reader, FindsWhatWasThereWhoeverChangesItMeanwhile) {
  auto const trace = [] {
    scene<TypeParam> where;
    return stepped_child{where.reader()}.trace();
  };
  for (std::uint64_t const changes : {1u, 2u}) {  // what it reads is in use again after one of them, or two
    SCOPED_TRACE(::testing::Message() << changes << " whole changes");
    for_each_instruction(trace, [&](cut const& here) {
      scene<TypeParam> where;
      stepped_child reader{where.reader()};
      here.lead(reader);
      for (std::uint64_t n = 0; n < changes; ++n) where.change(2 + n);
      sealed const fresh{2 + changes};
      stepped_child writer{where.writer(fresh.number())};
      EXPECT_TRUE(writer.step_until([&] { return where.holds(fresh.words[fresh.words.size() / 2]); }));
      EXPECT_FALSE(where.holds(fresh.words.back())) << "it is not in the middle";
      EXPECT_TRUE(reader.finish());
      auto const& found = *where.reported.get();
      EXPECT_EQ(found.pops, 1u) << "it found nothing";
      EXPECT_LE(found.popped[0], 1 + changes);
      return effect::undecided;
    });
  }
}

}  // namespace
}  // namespace stoa::testing
