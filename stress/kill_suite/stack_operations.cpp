// A node that a dead process had taken is free again; one that a stopped process holds keeps nobody from the rest.
#include <stoa/stack.hpp>

#include "balance.hpp"
#include "operations.hpp"
#include "sealed.hpp"

namespace stoa::kill_suite {
namespace {

using elements = stoa::stack<sealed>;
constexpr std::uint64_t capacity = 4;

struct row {
  char const* name;
  std::uint64_t filled;  // elements 1 to that are in the stack
  bool has_lane;
  void (*run)(elements const&, report&);
  contents before;  // the youngest first
  contents after;
};

class stack_world final : public world {
 public:
  explicit stack_world(row const& what) : row_{what} {
    for (std::uint64_t n = 1; n <= what.filled; ++n) push_own(n);
  }
  task victim() override {
    auto const where = segment::open(name_);
    auto stack = where.attach<elements>("s");
    if (row_.has_lane) where.attachment().my_lane();
    return [run = row_.run, stack, &done = done()] {
      run(stack, done);
      done.is_done = true;
    };
  }
  task repairer() override {
    return [stack = segment::open(name_).attach<elements>("s")] { stack.recover(); };
  }
  // The third way to know of a death is to find no room.
  contents found(std::size_t way, complaints& bad) override {
    if (way % 3 == 0) segment::open(name_).attach<elements>("s");
    if (way % 3 == 1) stack_.recover();
    return drained(bad);
  }
  void expect_nothing_leaked(complaints& bad) override {
    for (int round = 0; round < 2; ++round) {
      bad.expect(stack_.size() == 0, "the empty stack's size");
      for (std::uint64_t n = 0; n < capacity; ++n)
        bad.expect(stack_.push_for(sealed{100 + n}, std::chrono::seconds{0}), "a node was lost");
      bad.expect(!stack_.try_push(sealed{99}), "more than its capacity");
      bad.expect_same(drained(bad), {103, 102, 101, 100}, "a full stack");
    }
    stack_.recover();
    expect_all_lanes([&] { home_.attachment().my_lane(); }, bad);
    expect_all_places(bad);
  }
  void others_go_on(complaints& bad) override {
    stack_.recover();
    for (int round = 0; round < 2; ++round) {
      for (auto const each : drained(bad)) balance_.note_out(each);
      std::uint64_t pushed = 0;
      while (stack_.push_for(sealed{200 + pushed}, std::chrono::seconds{0})) balance_.note_in(200 + pushed++);
      bad.expect(pushed + 1 >= capacity && pushed <= capacity, "more than one node was kept from the others");
    }
  }
  void expect_balance(contents const&, complaints& bad) override {
    balance_.add(done());
    balance_.add_rest(drained(bad));
    balance_.expect_even(bad);
  }

 private:
  void push_own(std::uint64_t number) {
    static_cast<void>(stack_.try_push(sealed{number}));
    balance_.note_in(number);
  }
  contents drained(complaints& bad) {
    contents out;
    while (auto const got = stack_.try_pop()) {
      bad.expect(got->is_whole(), "a torn element");
      out.push_back(got->number());
      if (!bad.expect(out.size() <= 2 * capacity, "more elements than there is room for")) break;
    }
    return out;
  }
  row row_;
  elements stack_ = home_.publish<elements>("s", capacity, before_wrap);
  balance balance_;
};

void push(elements const& stack, report& done) {
  if (stack.try_push(sealed{50})) done.note_push(50);
}
void pop(elements const& stack, report& done) {
  if (auto const got = stack.try_pop()) done.note_pop(got->number());
}

}  // namespace

std::vector<operation> stack_operations() {
  std::vector<operation> out;
  for (auto const& each : {
           row{"push", 2, true, push, {2, 1}, {50, 2, 1}},
           row{"first push of a thread", 2, false, push, {2, 1}, {50, 2, 1}},
           row{"push to the last node", 3, true, push, {3, 2, 1}, {50, 3, 2, 1}},
           row{"pop", 3, true, pop, {3, 2, 1}, {2, 1}},
           row{"pop of the last", 1, true, pop, {1}, {}},
       })
    out.push_back({"stack", each.name, each.before, each.after,
                   [each](mode) { return std::make_unique<stack_world>(each); }});
  return out;
}

}  // namespace stoa::kill_suite
