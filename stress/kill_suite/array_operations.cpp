// An element written through atomic(i) is old or new.
#include <stoa/array.hpp>

#include "operations.hpp"

namespace stoa::kill_suite {
namespace {

using numbers = stoa::array<std::uint64_t>;
constexpr std::size_t size = 4;

struct row {
  char const* name;
  void (*run)(std::atomic_ref<std::uint64_t>);
  contents before;
  contents after;
};

class array_world final : public world {
 public:
  explicit array_world(row const& what) : row_{what} {
    for (std::size_t i = 0; i < size; ++i) array_.atomic(i).store(i + 1);
  }
  task victim() override {
    return [run = row_.run, array = segment::open(name_).attach<numbers>("a"), &done = done()] {
      run(array.atomic(1));
      done.is_done = true;
    };
  }
  task repairer() override {
    return [array = segment::open(name_).attach<numbers>("a")] { array.atomic(1).fetch_add(1000); };
  }
  contents repaired(contents what) const override {
    what[1] += 1000;
    return what;
  }
  contents found(std::size_t, complaints&) override { return {array_.begin(), array_.end()}; }
  void expect_nothing_leaked(complaints& bad) override { expect_all_places(bad); }
  void others_go_on(complaints&) override { array_.atomic(0).fetch_add(0); }

 private:
  row row_;
  numbers array_ = home_.publish<numbers>("a", size);
};

}  // namespace

std::vector<operation> array_operations() {
  std::vector<operation> out;
  for (auto const& each : {
           row{"store", [](auto element) { element.store(50); }, {1, 2, 3, 4}, {1, 50, 3, 4}},
           row{"fetch_add", [](auto element) { element.fetch_add(50); }, {1, 2, 3, 4}, {1, 52, 3, 4}},
       })
    out.push_back({"array", each.name, each.before, each.after,
                   [each](mode) { return std::make_unique<array_world>(each); }});
  return out;
}

}  // namespace stoa::kill_suite
