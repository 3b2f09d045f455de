// A bit is changed or not, and no other.
#include <stoa/bitset.hpp>

#include "operations.hpp"

namespace stoa::kill_suite {
namespace {

constexpr std::uint64_t size = 70;  // a word and a part of one

struct row {
  char const* name;
  void (*run)(bitset const&);
  contents before;  // the bits that are set
  contents after;
};

class bitset_world final : public world {
 public:
  explicit bitset_world(row const& what) : row_{what} {
    for (auto const each : what.before) bits_.set(each);
  }
  task victim() override {
    return [run = row_.run, bits = segment::open(name_).attach<bitset>("b"), &done = done()] {
      run(bits);
      done.is_done = true;
    };
  }
  task repairer() override {
    return [bits = segment::open(name_).attach<bitset>("b")] { bits.set(69); };
  }
  contents repaired(contents what) const override {
    what.push_back(69);
    return what;
  }
  contents found(std::size_t, complaints& bad) override {
    contents out;
    for (auto each = bits_.find_first(); each; each = bits_.find_next(*each)) out.push_back(*each);
    bad.expect(bits_.count() == out.size(), "count() and find_next() differ");
    return out;
  }
  void expect_nothing_leaked(complaints& bad) override {
    bits_.reset_all();
    for (std::uint64_t i = 0; i < size; ++i)
      bad.expect(bits_.claim_first_unset() == i, "a bit that cannot be claimed");
    expect_all_places(bad);
  }
  void others_go_on(complaints& bad) override {
    bad.expect(!bits_.test_and_set(60) && bits_.reset(60), "another bit was held up");
  }

 private:
  row row_;
  bitset bits_ = home_.publish<bitset>("b", size);
};

}  // namespace

std::vector<operation> bitset_operations() {
  std::vector<operation> out;
  for (auto const& each : {
           row{"test_and_set", [](bitset const& bits) { bits.test_and_set(5); }, {1, 66}, {1, 5, 66}},
           row{"reset", [](bitset const& bits) { bits.reset(66); }, {1, 66}, {1}},
           row{"flip", [](bitset const& bits) { bits.flip(1); }, {1, 66}, {66}},
           row{"claim_first_unset", [](bitset const& bits) { static_cast<void>(bits.claim_first_unset()); },
               {0, 66}, {0, 1, 66}},
       })
    out.push_back({"bitset", each.name, each.before, each.after,
                   [each](mode) { return std::make_unique<bitset_world>(each); }});
  return out;
}

}  // namespace stoa::kill_suite
