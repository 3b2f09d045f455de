// Samples are published all or none; a successor goes on; a stopped producer keeps its role.
#include <array>
#include <stoa/ring.hpp>

#include "balance.hpp"
#include "operations.hpp"
#include "sealed.hpp"

namespace stoa::kill_suite {
namespace {

using samples = stoa::ring<sealed>;
constexpr std::uint64_t capacity = 4;

enum class side { producer, consumer };

struct row {
  char const* name;
  side role;
  std::uint64_t filled;  // samples 1 to that are there
  // Samples 1 to that may be gone before the operation took effect: their places are announced to be
  // overwritten. They are not looked at.
  std::uint64_t at_risk;
  void (*run)(samples const&, report&);
  contents before;
  contents after;
};

class ring_world final : public world {
 public:
  explicit ring_world(row const& what) : row_{what} {
    auto const first = home_.attach<samples>("r");  // has the role, and gives it back
    for (std::uint64_t n = 1; n <= what.filled; ++n) {
      first.push(sealed{n});
      balance_.note_in(n);
    }
  }
  task victim() override {
    auto ring = segment::open(name_).attach<samples>("r");
    if (row_.role == side::producer) ring.try_become_producer().value();
    return [run = row_.run, ring, &done = done()] {
      run(ring, done);
      done.is_done = true;
    };
  }
  task repairer() override {
    return [ring = segment::open(name_).attach<samples>("r")] { static_cast<void>(ring.try_become_producer()); };
  }
  contents found(std::size_t way, complaints& bad) override {
    if (way % 2 == 0) bad.expect(ring_.try_become_producer().has_value(), "no producer can follow");
    contents out;
    for (auto const each : drained(bad))
      if (each > row_.at_risk) out.push_back(each);
    return out;
  }
  void expect_nothing_leaked(complaints& bad) override {
    for (int round = 0; round < 2; ++round) {
      bad.expect(ring_.size() == 0, "the empty ring's size");
      for (std::uint64_t n = 0; n < capacity; ++n) ring_.push(sealed{100 + n});
      bad.expect_same(drained(bad), {100, 101, 102, 103}, "a full ring");
    }
    expect_all_places(bad);
  }
  void others_go_on(complaints& bad) override {
    if (row_.role == side::producer) {
      auto const rival = segment::open(name_).attach<samples>("r");
      bad.expect(!rival.try_become_producer(), "the role of a stopped process was taken over");
    } else {
      ring_.push(sealed{200});
      balance_.note_in(200);
    }
    auto const newest = ring_.latest();
    bad.expect(newest && newest->is_whole(), "a reader was held up");
    if (row_.at_risk == 0) {
      auto const got = ring_.try_pop();
      bad.expect(got.has_value(), "a consumer was held up");
      if (got) balance_.note_out(got->number());
    }
  }
  void expect_balance(contents const& after, complaints& bad) override {
    if (row_.at_risk != 0) {
      bad.expect_same(found(0, bad), after, "after it went on");
      return;
    }
    balance_.add(done());
    balance_.add_rest(drained(bad));
    balance_.expect_even(bad);
  }

 private:
  contents drained(complaints& bad) {
    contents out;
    while (auto const got = ring_.try_pop()) {
      bad.expect(got->is_whole(), "a torn sample");
      out.push_back(got->number());
      if (!bad.expect(out.size() <= 2 * capacity, "more samples than there is room for")) break;
    }
    return out;
  }
  row row_;
  samples ring_ = home_.publish<samples>("r", capacity);
  balance balance_;
};

void push(samples const& ring, report& done) {
  ring.push(sealed{50});
  done.note_push(50);
}
void push_n(samples const& ring, report& done) {
  std::array const batch{sealed{50}, sealed{51}};
  static_cast<void>(ring.try_push_n(batch));
  done.note_push(50);
  done.note_push(51);
}
void pop(samples const& ring, report& done) {
  if (auto const got = ring.try_pop()) done.note_pop(got->number());
}
void pop_n(samples const& ring, report& done) {
  std::array<sealed, 2> out;
  auto const popped = ring.try_pop_n(out);
  for (std::size_t i = 0; i < popped; ++i) done.note_pop(out[i].number());
}

}  // namespace

std::vector<operation> ring_operations() {
  std::vector<operation> out;
  for (auto const& each : {
           row{"push", side::producer, 2, 0, push, {1, 2}, {1, 2, 50}},
           row{"push over the oldest", side::producer, 4, 1, push, {2, 3, 4}, {2, 3, 4, 50}},
           row{"push_n", side::producer, 2, 0, push_n, {1, 2}, {1, 2, 50, 51}},
           row{"push_n over the oldest", side::producer, 4, 2, push_n, {3, 4}, {3, 4, 50, 51}},
           row{"pop", side::consumer, 3, 0, pop, {1, 2, 3}, {2, 3}},
           row{"pop_n", side::consumer, 3, 0, pop_n, {1, 2, 3}, {3}},
       })
    out.push_back({"ring", each.name, each.before, each.after,
                   [each](mode) { return std::make_unique<ring_world>(each); }});
  return out;
}

}  // namespace stoa::kill_suite
