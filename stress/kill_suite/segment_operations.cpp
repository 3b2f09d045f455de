// A name is there with all its bytes or not at all; names, bytes and places of the dead are free again.
#include <optional>

#include "../../tests/process/block.hpp"
#include "operations.hpp"

namespace stoa::kill_suite {
namespace {

constexpr std::uint64_t words = 40;
constexpr std::uint64_t filling = 0x0101'0101'0101'0101;
using block = stoa::testing::block;
using journal = stoa::queue<std::uint64_t>;

// A process with or without the segment, and with or without the entry.
struct visitor {
  std::string name;
  std::optional<segment> where{};
  std::optional<block> entry{};

  void open() { where = segment::open(name); }
  void attach() { entry = where->attach<block>("new"); }
  void publish() { static_cast<void>(where->try_publish<block>("new", words, filling)); }
  void erase() { where->erase("new"); }
  void open_and_attach() {
    open();
    attach();
  }
  void leave() {
    entry.reset();
    where.reset();
  }
};

struct row {
  char const* name;
  bool is_published;            // "new" is there before
  void (visitor::*prepare)();
  void (visitor::*run)();
  contents before;  // {1}: there is a "new"
  contents after;
};

class segment_world final : public world {
 public:
  explicit segment_world(row const& what) : row_{what} {
    static_cast<void>(other_.try_push(7));
    if (what.is_published) home_.publish<block>("new", words, filling);
  }
  task victim() override {
    // In one piece that its process never destroys: leaving is an operation of its own.
    auto self = std::make_shared<visitor>(visitor{name_.str()});
    if (row_.prepare != nullptr) (*self.*row_.prepare)();
    return [self, run = row_.run, &done = done()] {
      (*self.*run)();
      done.is_done = true;
    };
  }
  task repairer() override {
    auto self = std::make_shared<visitor>(visitor{name_.str()});
    self->open();
    return [self] { self->publish(); };
  }
  contents repaired(contents) const override { return {1}; }
  contents found(std::size_t, complaints& bad) override {
    auto const entry = home_.try_attach<block>("new");
    if (!entry) {
      bad.expect(entry.error().code() == errc::no_such_name, "an entry that cannot be attached");
      return {};
    }
    bad.expect(entry->words().size() == words && entry->is_all(filling), "visible before it was whole");
    return {1};
  }
  void expect_nothing_leaked(complaints& bad) override {
    bad.expect(home_.reference_count() == 1, "the dead are counted");
    home_.erase("new");
    auto const free = home_.free_bytes();
    bad.expect(free == free_, fmt::format("{} bytes are free, {} were at first", free, free_));
    auto const all = home_.try_publish<block>("new", (free_ - 128) / 8, filling);
    bad.expect(all.has_value(), "the name or the free bytes cannot be used");
    if (all) home_.erase("new");
    others_go_on(bad);
    expect_all_places(bad);
  }
  // A process that is stopped with the admin lock holds up open, leave, publish and erase; never a
  // look-up, never a structure.
  void others_go_on(complaints& bad) override {
    auto const again = home_.attach<journal>("other");
    for (std::uint64_t n = 0; n < 10; ++n) {
      bad.expect(again.try_push(n), "another structure was held up");
      bad.expect(other_.try_pop().has_value(), "another structure was held up");
    }
  }

 private:
  row row_;
  journal other_ = home_.publish<journal>("other", 4);
  std::uint64_t free_ = home_.free_bytes();
};

}  // namespace

std::vector<operation> segment_operations() {
  std::vector<operation> out;
  for (auto const& each : {
           row{"publish", false, &visitor::open, &visitor::publish, {}, {1}},
           row{"erase", true, &visitor::open, &visitor::erase, {1}, {}},
           row{"open and attach", true, nullptr, &visitor::open_and_attach, {1}, {1}},
           row{"leave", true, &visitor::open_and_attach, &visitor::leave, {1}, {1}},
       })
    out.push_back({"segment", each.name, each.before, each.after,
                   [each](mode) { return std::make_unique<segment_world>(each); }, length::long_one});
  return out;
}

}  // namespace stoa::kill_suite
