#include <mutex>
#include <shared_mutex>

#include "load.hpp"

namespace stoa::stress {
namespace {

using namespace std::chrono_literals;

// A lock and two words that are changed under it, one after the other. Who inherits it from the dead puts them right.
template <class Lock>
class guarded : public user {
 public:
  guarded(segment const& in, std::string const& name)
      : name_{name}, lock_{in.attach<Lock>(name)}, both_{in.attach<array<std::uint64_t>>(name + " words")} {}
  void use(random_source& random) override {
    try {
      change();
      look(random);
    } catch (error const& problem) {
      if (problem.code() != errc::owner_died) throw;
      lock_.recover([&] { both_[1] = both_[0]; });
    }
  }
  void settle() {
    lock_.recover([&] { both_[1] = both_[0]; });
    std::unique_lock const held{lock_};
    require(both_[0] == both_[1], name_, "what it guards is half changed");
    both_[0] = both_[1] = 0;
  }

 private:
  void change() {
    std::unique_lock const held{lock_};
    require(both_[0] == both_[1], name_, "what it guards is half changed");
    ++both_[0];
    ++both_[1];
  }
  void look(random_source& random) {
    if constexpr (std::same_as<Lock, shared_mutex>) {
      std::shared_lock const held{lock_};
      for (auto left = random() % 100; left > 0; --left)
        require(both_[0] == both_[1], name_, "a reader sees it half changed");
    }
  }

  std::string name_;
  Lock lock_;
  array<std::uint64_t> both_;
};

template <class Lock>
class lock_load : public load {
 public:
  explicit lock_load(std::string name) : name_{std::move(name)} {}
  std::string const& name() const override { return name_; }
  void publish(segment const& in) const override {
    in.publish<Lock>(name_);
    in.publish<array<std::uint64_t>>(name_ + " words", 2);
  }
  std::unique_ptr<user> attach(segment const& in) const override {
    return std::make_unique<guarded<Lock>>(in, name_);
  }
  void settle(segment const& in) const override { guarded<Lock>{in, name_}.settle(); }

 private:
  std::string name_;
};

}  // namespace

void add_sync_loads(loads& to) {
  to.push_back(std::make_unique<lock_load<mutex>>("mutex"));
  to.push_back(std::make_unique<lock_load<shared_mutex>>("shared_mutex"));
}

}  // namespace stoa::stress
