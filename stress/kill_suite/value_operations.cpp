// Readers have the old value or the new one, whole, and no buffer is lost.
#include <stoa/value.hpp>

#include "operations.hpp"
#include "sealed.hpp"

namespace stoa::kill_suite {
namespace {

using number = stoa::value<sealed>;
constexpr std::uint64_t repaired_number = 60;

struct row {
  char const* name;
  void (*run)(number const&);
  contents before;
  contents after;
};

// Buffers: the current one, one for each that may be stopped in a store, one for who goes on. One
// that stayed taken by a dead writer would stop the next for ever.
int buffers_for(mode how) { return how == mode::stop ? 3 : 2; }

class value_world final : public world {
 public:
  value_world(row const& what, mode how)
      : row_{what}, value_{home_.publish<number>("v", buffers_for(how))} {
    value_.store(sealed{7});
  }
  task victim() override {
    return [run = row_.run, value = segment::open(name_).attach<number>("v"), &done = done()] {
      run(value);
      done.is_done = true;
    };
  }
  task repairer() override {
    return [value = segment::open(name_).attach<number>("v")] { value.store(sealed{repaired_number}); };
  }
  contents repaired(contents) const override { return {repaired_number}; }
  contents found(std::size_t way, complaints& bad) override {
    auto const looked_at = way % 2 == 0 ? value_ : segment::open(name_).attach<number>("v");
    auto const [loaded, version] = looked_at.load_versioned();
    bad.expect(loaded.is_whole(), "a torn value");
    bad.expect(version == value_.version(), "version() and load_versioned() differ");
    return {loaded.number()};
  }
  void expect_nothing_leaked(complaints& bad) override {
    store_several(5, bad);
    expect_all_places(bad);
  }
  void others_go_on(complaints& bad) override {
    version_ = value_.version();
    store_several(6, bad);
  }
  void expect_balance(contents const& after, complaints& bad) override {
    bool const was_before = version_ == 2;  // it had happened when it was stopped
    // A store puts what it brings, whenever it comes; an update changes what it finds.
    std::uint64_t const late = after.front() == 50 ? 50 : 106;
    bad.expect_same(found(0, bad), {was_before ? 6 : late}, "after it went on");
    bad.expect(value_.version() == 1 + 1 + 6, "the number of stores");
  }

 private:
  void store_several(std::uint64_t count, complaints& bad) {
    auto const version = value_.version();
    for (std::uint64_t n = 1; n <= count; ++n) {
      value_.store(sealed{n});
      bad.expect_same(found(0, bad), {n}, "a later store");
      bad.expect(value_.version() == version + n, "a store that did not count");
    }
  }
  row row_;
  number value_;
  std::uint64_t version_ = 0;
};

void store(number const& value) { value.store(sealed{50}); }
void add_hundred(number const& value) {
  value.update([](sealed& each) { each = sealed{each.number() + 100}; });
}

}  // namespace

std::vector<operation> value_operations() {
  std::vector<operation> out;
  for (auto const& each : {row{"store", store, {7}, {50}}, row{"update", add_hundred, {7}, {107}}})
    out.push_back({"value", each.name, each.before, each.after,
                   [each](mode how) { return std::make_unique<value_world>(each, how); }});
  return out;
}

}  // namespace stoa::kill_suite
