// load.hpp: what processes do with one structure of the segment under test, and how it is brought back to what it was.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <stdexcept>
#include <stoa/stoa.hpp>
#include <string>
#include <utility>
#include <vector>

namespace stoa::stress {

using random_source = std::minstd_rand;

// A process's part in it.
class user {
 public:
  virtual ~user() = default;
  // One use, or a few. Throws std::runtime_error where the structure broke its promise.
  virtual void use(random_source& random) = 0;
};

class load {
 public:
  virtual ~load() = default;
  virtual std::string const& name() const = 0;
  virtual void publish(segment const& in) const = 0;
  virtual std::unique_ptr<user> attach(segment const& in) const = 0;
  // When nobody else works on it: it is empty then, as when it was new. Throws std::runtime_error if it cannot do
  // all that it could do then.
  virtual void settle(segment const& in) const = 0;
};

// An element that shows when it was torn.
struct token {
  std::uint64_t number = 0;
  std::array<std::uint64_t, 6> image{};

  static token of(std::uint64_t number) {
    token made{number, {}};
    for (std::size_t i = 0; i < made.image.size(); ++i) made.image[i] = word(number, i);
    return made;
  }
  bool is_whole() const { return image == of(number).image; }

 private:
  static std::uint64_t word(std::uint64_t number, std::size_t i) { return (number + i) * 0x9E37'79B9'7F4A'7C15; }
};

inline void require(bool holds, std::string const& name, char const* what) {
  if (!holds) throw std::runtime_error{name + ": " + what};
}

// The load of a structure S: `make` publishes it, `use` works on a handle, `settle` empties and tries it.
template <class S>
class load_of : public load {
 public:
  using maker = std::function<void(segment const&, std::string const&)>;
  using using_it = std::function<void(S const&, random_source&)>;
  using settling = std::function<void(S const&, segment const&)>;
  load_of(std::string name, maker make, using_it use, settling settle)
      : name_{std::move(name)}, make_{std::move(make)}, use_{std::move(use)}, settle_{std::move(settle)} {}

  std::string const& name() const override { return name_; }
  void publish(segment const& in) const override { make_(in, name_); }
  std::unique_ptr<user> attach(segment const& in) const override {
    return std::make_unique<one>(in.attach<S>(name_), use_);
  }
  void settle(segment const& in) const override { settle_(in.attach<S>(name_), in); }

 private:
  class one : public user {
   public:
    one(S handle, using_it const& use) : handle_{std::move(handle)}, use_{use} {}
    void use(random_source& random) override { use_(handle_, random); }

   private:
    S handle_;
    using_it const& use_;
  };

  std::string name_;
  maker make_;
  using_it use_;
  settling settle_;
};

using loads = std::vector<std::unique_ptr<load>>;
void add_element_loads(loads& to);  // array, value, queues, ring, stack, object_pool
void add_keyed_loads(loads& to);    // map, set, bitset
void add_message_loads(loads& to);  // message_rings, channel, exchange
void add_sync_loads(loads& to);     // locks and what they guard
void add_name_load(loads& to);      // names that come and go, until the segment is full

}  // namespace stoa::stress
