// A parser is killed after every single instruction of adding a chunk's counts: the chunk is counted entirely or not at
// all, and once when it comes again, before or after others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "kill_each_instruction.hpp"
#include "ledger.hpp"
#include "scratch.hpp"

namespace logs {
namespace {

using counts = std::map<std::string, std::uint64_t>;
using stoa::testing::effect;

constexpr std::string_view texts[] = {"the cat and the dog", "the end of the dog", "no end"};
constexpr work_sizes small{.ring_bytes = 1024,
                           .files = 1,
                           .chunks = 64,
                           .words = 20,
                           .words_per_chunk = 8,
                           .segment_bytes = 1 << 18};

void add(ledger const& book, std::uint64_t chunk) {
  word_counts some;
  some.count(texts[chunk]);
  book.add(chunk, some, texts[chunk].size());
}

counts of_texts(std::vector<std::uint64_t> const& chunks) {
  counts out;
  for (auto const chunk : chunks) {
    word_counts some;
    some.count(texts[chunk]);
    for (auto const& [word, times] : some) out[std::string{word}] += times;
  }
  return out;
}

struct scene {
  stoa::testing::scratch_name name;
  shared_work work{name, small};
  ledger book{work};
  stoa::testing::shared_report reported;
  scene() { add(book, 0); }

  counts found() const {
    counts out;
    work.words.for_each([&](word const& text, word_count const& each) { out[std::string{text.view()}] = each.count; });
    return out;
  }
};

// In the child: opens for itself, and adds chunk 1.
auto victim(scene const& where) {
  return [&where] {
    return [work = std::make_shared<shared_work>(where.name, small), done = where.reported.get()] {
      add(ledger{*work}, 1);
      done->is_done = true;
    };
  };
}

void expect_all_counted(scene const& where) {
  EXPECT_EQ(where.found(), of_texts({0, 1, 2}));
  auto const sum = where.work.sum.load();
  EXPECT_EQ(sum.chunks(), 3u);
  EXPECT_EQ(sum.words, 12u);
  EXPECT_EQ(sum.bytes, texts[0].size() + texts[1].size() + texts[2].size());
}

TEST(ledger, KilledAfterAnyInstructionHasCountedTheChunkOrNot) {
  stoa::testing::for_each_instruction([] { return stoa::testing::stepped_child{victim(scene{})}.trace(); },
                                      [](stoa::testing::cut const& here) {
    scene const where;
    {
      stoa::testing::stepped_child killed{victim(where)};
      here.lead(killed);
    }
    add(where.book, 2);  // another parser's chunk is next
    auto const out = stoa::testing::effect_of(where.found(), of_texts({0, 2}), of_texts({0, 1, 2}),
                                              where.reported.get()->is_done);
    add(where.book, 1);  // and then the one that was given back
    expect_all_counted(where);
    return out;
  });
}

TEST(ledger, AChunkThatComesAgainAtOnceIsCountedOnce) {
  stoa::testing::for_each_instruction([] { return stoa::testing::stepped_child{victim(scene{})}.trace(); },
                                      [](stoa::testing::cut const& here) {
    scene const where;
    {
      stoa::testing::stepped_child killed{victim(where)};
      here.lead(killed);
    }
    add(where.book, 1);
    EXPECT_EQ(where.found(), of_texts({0, 1}));
    add(where.book, 2);
    add(where.book, 1);
    expect_all_counted(where);
    return effect::undecided;
  });
}

// Who finishes what a dead one had begun is killed at it as well.
TEST(ledger, WhoFinishesMayBeKilledToo) {
  auto const trace = [] { return stoa::testing::stepped_child{victim(scene{})}.trace(); }();
  stoa::testing::for_each_instruction([&] { return trace; }, [&](stoa::testing::cut const& here) {
    scene const where;
    for (auto const after : {trace.size() * 3 / 5, here.after, here.after / 2}) {
      stoa::testing::stepped_child killed{victim(where)};
      killed.step(after);
    }
    add(where.book, 1);
    add(where.book, 2);
    expect_all_counted(where);
    return effect::undecided;
  });
}

}  // namespace
}  // namespace logs
