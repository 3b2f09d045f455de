#include <fmt/format.h>

#include <algorithm>

#include "load.hpp"

namespace stoa::stress {
namespace {

constexpr std::uint64_t names = 60;
constexpr std::uint64_t most_words = 60'000;

std::string some_name(random_source& random) { return fmt::format("some {}", random() % names); }

bool is_usual(errc what) {
  return what == errc::name_taken || what == errc::no_space || what == errc::too_many_entries ||
         what == errc::no_such_name || what == errc::kind_mismatch || what == errc::being_published;
}

void require_usual(failure const& problem) {
  if (!is_usual(problem.code())) throw error{problem};
}

// What it publishes and finds is zero, whoever had the bytes before.
class publisher : public user {
 public:
  explicit publisher(segment const& in) : in_{in} {}
  void use(random_source& random) override {
    auto const name = some_name(random);
    switch (random() % 4) {
      case 0: return try_array(name, 1 + random() % most_words);
      case 1: {
        auto const made = in_.try_publish<queue<token>>(name, 1 + random() % 500);
        return made ? use(*made) : require_usual(made.error());
      }
      case 2: {
        auto const found = in_.try_attach<queue<token>>(name);
        return found ? use(*found) : require_usual(found.error());
      }
      default:
        if (auto const gone = in_.try_erase(name); !gone) require_usual(gone.error());
    }
  }

 private:
  void try_array(std::string const& name, std::uint64_t words) const {
    auto const made = in_.try_publish<array<std::uint64_t>>(name, words);
    if (!made) return require_usual(made.error());
    require(std::ranges::all_of(*made, [](auto word) { return word == 0; }), name, "it is not new");
    std::ranges::fill(*made, ~std::uint64_t{0});
  }
  static void use(queue<token> const& it) {
    static_cast<void>(it.try_push(token::of(1)));
    if (auto const got = it.try_pop()) require(got->is_whole(), "some queue", "an element is torn");
  }

  segment in_;
};

class name_load : public load {
 public:
  std::string const& name() const override { return name_; }
  void publish(segment const&) const override {}
  std::unique_ptr<user> attach(segment const& in) const override { return std::make_unique<publisher>(in); }
  void settle(segment const& in) const override {
    for (std::uint64_t i = 0; i < names; ++i) in.erase(fmt::format("some {}", i));
  }

 private:
  std::string name_ = "names";
};

}  // namespace

void add_name_load(loads& to) { to.push_back(std::make_unique<name_load>()); }

}  // namespace stoa::stress
