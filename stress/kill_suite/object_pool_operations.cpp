// What a dead process held is free again, what a stopped one holds is its own.
#include <algorithm>
#include <stoa/object_pool.hpp>

#include "operations.hpp"
#include "sealed.hpp"

namespace stoa::kill_suite {
namespace {

using objects = stoa::object_pool<sealed>;
constexpr std::uint64_t capacity = 4;

struct row {
  char const* name;
  void (*run)(objects const&, pool_handle const&);
  contents before;  // numbers of the objects that are held when the victim is dead
  contents after;
};

class object_pool_world final : public world {
 public:
  explicit object_pool_world(row const& what) : row_{what} {
    for (std::uint64_t n = 1; n <= own_.size(); ++n) {
      own_[n - 1] = pool_.acquire();
      pool_[own_[n - 1]] = sealed{n};
    }
  }
  task victim() override {
    return [run = row_.run, pool = segment::open(name_).attach<objects>("p"), given = own_[0], &done = done()] {
      run(pool, given);
      done.is_done = true;
    };
  }
  task repairer() override {
    return [pool = segment::open(name_).attach<objects>("p")] { pool.reclaim(); };
  }
  contents found(std::size_t way, complaints& bad) override {
    auto const looking = way % 2 == 0 ? pool_ : segment::open(name_).attach<objects>("p");
    looking.reclaim();
    contents out;
    looking.for_each([&](pool_handle const&, sealed const& each) {
      bad.expect(each.is_whole(), "an object that somebody else wrote");
      out.push_back(each.number());
    });
    std::ranges::sort(out);
    return out;
  }
  void expect_nothing_leaked(complaints& bad) override {
    for (auto const& each : pool_.live()) bad.expect(pool_.release(each), "a held object that cannot be released");
    for (auto const& each : own_) bad.expect(!pool_.release(each), "released twice");
    for (int round = 0; round < 2; ++round) take_all(capacity, bad);
    expect_all_places(bad);
  }
  void others_go_on(complaints& bad) override {
    bad.expect(pool_.reclaim() == 0, "an object was taken from a live process");
    take_all(capacity - own_.size() - 1, bad);  // what the victim may hold is its own
    bad.expect(pool_.get(own_[1]) != nullptr, "an object was lost");
  }

 private:
  // So many at least can be taken at once, each by itself.
  void take_all(std::uint64_t least, complaints& bad) {
    std::vector<pool_handle> taken;
    while (auto const got = pool_.acquire()) {
      bad.expect(std::ranges::none_of(taken, [&](auto const& each) { return each.index == got.index; }),
                 "an object that two hold");
      taken.push_back(got);
      if (taken.size() > capacity) break;
    }
    bad.expect(taken.size() >= least, fmt::format("{} objects could be taken, not {}", taken.size(), least));
    bad.expect(taken.size() <= capacity, "more objects than there are");
    for (auto const& each : taken) bad.expect(pool_.release(each), "a release that was refused");
  }
  row row_;
  objects pool_ = home_.publish<objects>("p", capacity);
  std::array<pool_handle, 2> own_{};  // this process's
};

void acquire(objects const& pool, pool_handle const&) { static_cast<void>(pool.acquire()); }
void release(objects const& pool, pool_handle const& given) { pool.release(given); }
void adopt(objects const& pool, pool_handle const& given) { pool.adopt(given); }

}  // namespace

std::vector<operation> object_pool_operations() {
  std::vector<operation> out;
  for (auto const& each : {
           row{"acquire", acquire, {1, 2}, {1, 2}},
           row{"release", release, {1, 2}, {2}},
           row{"adopt", adopt, {1, 2}, {2}},
       })
    out.push_back({"object_pool", each.name, each.before, each.after,
                   [each](mode) { return std::make_unique<object_pool_world>(each); }});
  return out;
}

}  // namespace stoa::kill_suite
