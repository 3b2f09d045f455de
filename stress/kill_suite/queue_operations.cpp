// What a dead process had claimed goes to another or is passed over; what a stopped one holds is its own.
#include <algorithm>

#include "balance.hpp"
#include "operations.hpp"
#include "queue_actor.hpp"

namespace stoa::kill_suite {
namespace {

struct row {
  char const* name;
  std::uint64_t filled;  // elements 1 to that are in the queue
  void (*arrange)(elements const&);
  void (*run)(actor&);
  contents before;
  contents after;
  std::uint64_t untouched;  // that many can be popped while it is stopped anywhere
  readiness begins = readiness::has_lane;
};

void nothing(elements const&) {}
void first_was_returned(elements const& queue) { queue.try_claim().abort(); }
void two_were_returned(elements const& queue) {
  auto const first = queue.try_claim();
  auto const second = queue.try_claim();
}

class queue_world final : public world {
 public:
  explicit queue_world(row const& what) : row_{what} {
    for (std::uint64_t n = 1; n <= what.filled; ++n) {
      static_cast<void>(queue_.try_push(sealed{n}));
      balance_.note_in(n);
    }
    what.arrange(queue_);
  }
  task victim() override {
    return [self = made_ready<actor>(name_, done(), row_.begins), run = row_.run]() mutable {
      run(self);
      self.done.is_done = true;
    };
  }
  // Settles, and takes an element back if there is one to be taken back, and gives it on.
  task repairer() override {
    return [self = made_ready<actor>(name_, done(), readiness::has_lane)] {
      self->recover();
      self->try_claim().abort();
    };
  }
  contents found(std::size_t way, complaints& bad) override {
    auto const queue = way % 3 == 0 ? segment::open(name_).attach<elements>("q") : queue_;
    if (way % 3 == 1) queue.recover();
    contents out;
    auto const next = [&] { return way % 3 == 2 ? queue.pop_for(std::chrono::seconds{0}) : queue.try_pop(); };
    while (auto const got = next()) {
      bad.expect(got->is_whole(), "a torn element");
      out.push_back(got->number());
      if (!bad.expect(out.size() <= 2 * capacity, "more elements than there is room for")) break;
    }
    // What a dead consumer had taken comes first for those who look for the dead; who does not look
    // until he finds nothing gets it last.
    if (way % 3 == 2) std::ranges::sort(out);
    return out;
  }
  void expect_nothing_leaked(complaints& bad) override {
    for (int round = 0; round < 2; ++round) {
      bad.expect(queue_.size() == 0, "the empty queue's size");
      for (std::uint64_t n = 0; n < capacity; ++n)
        bad.expect(queue_.try_push(sealed{100 + n}), "a slot was lost");
      bad.expect(!queue_.try_push(sealed{99}), "more than its capacity");
      for (std::uint64_t n = 0; n < capacity; ++n) {
        auto const got = queue_.try_pop();
        bad.expect(got && got->number() == 100 + n, "a full queue's elements");
      }
      bad.expect(!queue_.try_pop(), "an element from nowhere");
    }
    expect_all_lanes([&] { static_cast<void>(queue_.try_claim()); }, bad);
    expect_all_places(bad);
  }
  void others_go_on(complaints& bad) override {
    queue_.recover();
    for (std::uint64_t n = 200; n < 202; ++n)
      if (queue_.try_push(sealed{n})) balance_.note_in(n);
    for (std::uint64_t i = 0; i < row_.untouched; ++i) {
      auto const got = queue_.try_pop();
      bad.expect(got.has_value(), fmt::format("kept from element {} of those before it", i));
      if (got) balance_.note_out(got->number());
    }
    // Nor does anybody get past what it holds.
    while (auto const got = queue_.try_pop()) balance_.note_out(got->number());
  }
  void expect_balance(contents const&, complaints& bad) override {
    balance_.add(done());
    balance_.add_rest(found(0, bad));
    balance_.expect_even(bad);
  }

 private:
  row row_;
  // Every operation comes past the wrap of the counters at some fill.
  elements queue_ = home_.publish<elements>("q", capacity, before_wrap);
  balance balance_;
};

}  // namespace

std::vector<operation> queue_operations() {
  std::vector<operation> out;
  for (auto const& each : {
           row{"push", 2, nothing, push, {1, 2}, {1, 2, 50}, 2},
           row{"first push of a thread", 2, nothing, push, {1, 2}, {1, 2, 50}, 2, readiness::attached},
           row{"push to the last slot", 3, nothing, push, {1, 2, 3}, {1, 2, 3, 50}, 3},
           row{"push_n", 1, nothing, push_three, {1}, {1, 50, 51, 52}, 1},
           row{"push_n with less room", 2, nothing, push_three, {1, 2}, {1, 2, 50, 51}, 2},
           row{"pop", 3, nothing, pop, {1, 2, 3}, {2, 3}, 2},
           row{"pop of a returned element", 3, first_was_returned, pop, {1, 2, 3}, {2, 3}, 2},
           row{"pop_n", 4, nothing, pop_three, {1, 2, 3, 4}, {4}, 1},
           row{"pop_n of returned elements", 3, two_were_returned, pop_three, {1, 2, 3}, {2, 3}, 1},
           row{"claim and commit", 3, nothing, claim_and_commit, {1, 2, 3}, {2, 3}, 2},
           row{"claim and commit, returned", 3, first_was_returned, claim_and_commit, {1, 2, 3}, {2, 3}, 2},
           row{"claim and abort", 3, nothing, claim_and_abort, {1, 2, 3}, {1, 2, 3}, 2},
           row{"claim and abort, returned", 3, two_were_returned, claim_and_abort, {1, 2, 3}, {1, 2, 3}, 1},
       })
    out.push_back({"queue", each.name, each.before, each.after,
                   [each](mode) { return std::make_unique<queue_world>(each); }});
  return out;
}

}  // namespace stoa::kill_suite
