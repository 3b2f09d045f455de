// A successor in the role of the dead goes on; the role of a stopped process stays its own.
#include <array>
#include <stoa/spsc_queue.hpp>

#include "balance.hpp"
#include "operations.hpp"
#include "sealed.hpp"

namespace stoa::kill_suite {
namespace {

using elements = stoa::spsc_queue<sealed>;
constexpr std::uint64_t capacity = 4;

enum class side { producer, consumer };

struct row {
  char const* name;
  side role;
  bool has_role;         // false: taking it over from one who died is part of the operation
  std::uint64_t filled;  // elements 1 to that are in the queue, pushed by a process that was killed
  void (*run)(elements const&, report&);
  contents before;
  contents after;
};

class spsc_queue_world final : public world {
 public:
  explicit spsc_queue_world(row const& what) : row_{what} {
    stepped_child predecessor{[&] {
      return [queue = segment::open(name_).attach<elements>("q"), filled = what.filled] {
        static_cast<void>(queue.try_push(sealed{0}));
        static_cast<void>(queue.try_pop());
        for (std::uint64_t n = 1; n <= filled; ++n) static_cast<void>(queue.try_push(sealed{n}));
      };
    }};
    predecessor.finish();
    for (std::uint64_t n = 1; n <= what.filled; ++n) balance_.note_in(n);
  }
  task victim() override {
    auto queue = segment::open(name_).attach<elements>("q");
    if (row_.has_role) become(queue, row_.role).value();
    return [run = row_.run, queue, &done = done()] {
      run(queue, done);
      done.is_done = true;
    };
  }
  task repairer() override {
    return [queue = segment::open(name_).attach<elements>("q")] {
      static_cast<void>(queue.try_become_producer());
      static_cast<void>(queue.try_become_consumer());
    };
  }
  // The successors come in either order, from a handle that was there before or a new one.
  contents found(std::size_t way, complaints& bad) override {
    if (way % 2 == 1) queue_ = segment::open(name_).attach<elements>("q");
    if (way % 3 == 0) bad.expect(queue_.try_become_producer().has_value(), "no producer can follow");
    return drained(bad);
  }
  void expect_nothing_leaked(complaints& bad) override {
    for (int round = 0; round < 2; ++round) {
      bad.expect(queue_.size() == 0, "the empty queue's size");
      for (std::uint64_t n = 0; n < capacity; ++n)
        bad.expect(queue_.try_push(sealed{100 + n}), "a slot was lost");
      bad.expect(!queue_.try_push(sealed{99}), "more than its capacity");
      bad.expect_same(drained(bad), {100, 101, 102, 103}, "a full queue");
    }
    queue_ = home_.attach<elements>("q");  // one that has no place of its own
    expect_all_places(bad);
  }
  void others_go_on(complaints& bad) override {
    auto const rival = segment::open(name_).attach<elements>("q");
    if (row_.has_role) bad.expect(!become(rival, row_.role), "the role of a stopped process was taken over");
    if (row_.role == side::consumer) {
      if (queue_.try_push(sealed{200})) balance_.note_in(200);
      return;
    }
    for (std::uint64_t n = 1; n <= row_.filled; ++n) {
      auto const got = queue_.try_pop();
      bad.expect(got && got->number() == n, "the other side was kept from its elements");
      if (got) balance_.note_out(got->number());
    }
  }
  void expect_balance(contents const&, complaints& bad) override {
    balance_.add(done());
    balance_.add_rest(drained(bad));
    balance_.expect_even(bad);
  }

 private:
  static result<void> become(elements const& queue, side role) {
    return role == side::producer ? queue.try_become_producer() : queue.try_become_consumer();
  }
  contents drained(complaints& bad) {
    contents out;
    while (auto const got = queue_.try_pop()) {
      bad.expect(got->is_whole(), "a torn element");
      out.push_back(got->number());
      if (!bad.expect(out.size() <= 2 * capacity, "more elements than there is room for")) break;
    }
    return out;
  }
  row row_;
  elements queue_ = home_.publish<elements>("q", capacity, before_wrap);
  balance balance_;
};

void push(elements const& queue, report& done) {
  if (queue.try_push(sealed{50})) done.note_push(50);
}
void push_n(elements const& queue, report& done) {
  std::array const batch{sealed{50}, sealed{51}, sealed{52}};
  auto const pushed = queue.try_push_n(batch);
  for (std::size_t i = 0; i < pushed; ++i) done.note_push(50 + i);
}
void pop(elements const& queue, report& done) {
  if (auto const got = queue.try_pop()) done.note_pop(got->number());
}
void pop_n(elements const& queue, report& done) {
  std::array<sealed, 3> out;
  auto const popped = queue.try_pop_n(out);
  for (std::size_t i = 0; i < popped; ++i) done.note_pop(out[i].number());
}
void produce(elements const& queue, report& done) {
  if (queue.try_produce([](sealed& each) { each = sealed{50}; })) done.note_push(50);
}
void consume(elements const& queue, report& done) {
  std::uint64_t seen = 0;
  if (queue.try_consume([&](sealed const& each) { seen = each.number(); })) done.note_pop(seen);
}
// As far as they lie in a row: from `before_wrap` on there are three up to the end of it.
void consume_n(elements const& queue, report& done) {
  std::vector<std::uint64_t> seen;
  seen.reserve(capacity);
  auto const use = [&](std::span<sealed const> some) { for (auto const& each : some) seen.push_back(each.number()); };
  static_cast<void>(queue.try_consume_n(use, 2));
  for (auto const each : seen) done.note_pop(each);
}

}  // namespace

std::vector<operation> spsc_queue_operations() {
  std::vector<operation> out;
  for (auto const& each : {
           row{"push", side::producer, true, 2, push, {1, 2}, {1, 2, 50}},
           row{"push_n", side::producer, true, 1, push_n, {1}, {1, 50, 51, 52}},
           row{"push_n with less room", side::producer, true, 2, push_n, {1, 2}, {1, 2, 50, 51}},
           row{"pop", side::consumer, true, 3, pop, {1, 2, 3}, {2, 3}},
           row{"pop_n", side::consumer, true, 4, pop_n, {1, 2, 3, 4}, {4}},
           row{"produce", side::producer, true, 2, produce, {1, 2}, {1, 2, 50}},
           row{"consume", side::consumer, true, 3, consume, {1, 2, 3}, {2, 3}},
           row{"consume_n", side::consumer, true, 4, consume_n, {1, 2, 3, 4}, {3, 4}},
           row{"push of a successor", side::producer, false, 2, push, {1, 2}, {1, 2, 50}},
           row{"pop of a successor", side::consumer, false, 3, pop, {1, 2, 3}, {2, 3}},
       })
    out.push_back({"spsc_queue", each.name, each.before, each.after,
                   [each](mode) { return std::make_unique<spsc_queue_world>(each); }});
  return out;
}

}  // namespace stoa::kill_suite
