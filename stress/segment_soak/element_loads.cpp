#include <algorithm>

#include "load.hpp"

namespace stoa::stress {
namespace {

constexpr std::uint64_t few = 48;
constexpr std::size_t batch = 5;

token some_token(random_source& random) { return token::of(random()); }

std::array<token, batch> some_tokens(random_source& random) {
  std::array<token, batch> made;
  for (auto& each : made) each = some_token(random);
  return made;
}

// Fills it by push and empties it by pop: `capacity` elements, and no more where it is exact.
template <class Push, class Pop>
void expect_room_for(std::uint64_t capacity, std::string const& name, Push push, Pop pop) {
  std::uint64_t pushed = 0, popped = 0;
  while (pushed <= 2 * capacity && push(token::of(pushed))) ++pushed;
  require(pushed >= capacity, name, "not every place can be used again");
  while (auto const each = pop()) {
    require(each->is_whole(), name, "an element is torn");
    ++popped;
  }
  require(popped == pushed, name, "other elements come out than went in");
}

template <class S>
void take_whole(S const& from, char const* name, std::size_t most) {
  for (; most > 0; --most) {
    auto const got = from.try_pop();
    if (!got) return;
    require(got->is_whole(), name, "an element is torn");
  }
}

void use_array(array<std::uint64_t> const& all, random_source& random) {
  all.atomic(random() % all.size()).fetch_add(1);
}

void use_value(value<token> const& it, random_source& random) {
  if (random() % 4 == 0) it.store(some_token(random));
  if (random() % 8 == 0) it.update([](token const& before) { return token::of(before.number + 1); });
  require(it.load().is_whole(), "value", "it is torn");
}

void use_queue(queue<token> const& it, random_source& random) {
  switch (random() % 5) {
    case 0: static_cast<void>(it.try_push(some_token(random))); break;
    case 1: static_cast<void>(it.try_push_n(some_tokens(random))); break;
    case 2: take_whole(it, "queue", 3); break;
    case 3: {
      std::array<token, batch> got;
      auto const count = it.try_pop_n(got);
      for (std::size_t i = 0; i < count; ++i) require(got[i].is_whole(), "queue", "an element is torn");
      break;
    }
    default:
      if (auto lease = it.try_claim()) {
        require(lease->is_whole(), "queue", "an element is torn");
        if (random() % 4 != 0) lease.commit();
      }
  }
}

// Whichever part nobody else has.
void use_spsc_queue(spsc_queue<token> const& it, random_source& random) {
  if (random() % 2 == 0) {
    if (it.try_become_producer()) static_cast<void>(it.try_push_n(some_tokens(random)));
  } else if (it.try_become_consumer()) {
    take_whole(it, "spsc_queue", batch);
  }
}

void use_ring(ring<token> const& it, random_source& random) {
  if (random() % 2 == 0 && it.try_become_producer()) {
    it.push_n(some_tokens(random));
    return;
  }
  auto reader = it.reader();
  for (int i = 0; i < 8; ++i)
    if (auto const got = reader.try_read()) require(got->is_whole(), "ring", "a sample is torn");
}

void use_stack(stack<token> const& it, random_source& random) {
  switch (random() % 4) {
    case 0: static_cast<void>(it.try_push(some_token(random))); break;
    case 1: static_cast<void>(it.try_push_n(some_tokens(random))); break;
    default: take_whole(it, "stack", 3);
  }
}

// Some objects are left to the death of the process.
void use_object_pool(object_pool<token> const& it, random_source& random) {
  auto const mine = it.acquire();
  if (!mine) return;
  it[mine] = some_token(random);
  require(it[mine].is_whole(), "object_pool", "somebody else writes an object that is held");
  if (random() % 64 != 0) require(it.release(mine), "object_pool", "an object that is held cannot be given back");
}

}  // namespace

void add_element_loads(loads& to) {
  to.push_back(std::make_unique<load_of<array<std::uint64_t>>>(
      "array", [](auto const& in, auto const& name) { in.template publish<array<std::uint64_t>>(name, few); },
      use_array, [](auto const& all, auto const&) { std::ranges::fill(all, 0u); }));
  to.push_back(std::make_unique<load_of<value<token>>>(
      "value", [](auto const& in, auto const& name) { in.template publish<value<token>>(name).store(token::of(0)); },
      use_value, [](auto const& it, auto const&) {
        require(it.load().is_whole(), "value", "it is torn");
        it.store(token::of(0));
      }));
  to.push_back(std::make_unique<load_of<queue<token>>>(
      "queue", [](auto const& in, auto const& name) { in.template publish<queue<token>>(name, few); }, use_queue,
      [](auto const& it, auto const&) {
        it.recover();
        take_whole(it, "queue", 4 * few);
        expect_room_for(it.capacity(), "queue", [&](auto const& each) { return it.try_push(each); },
                        [&] { return it.try_pop(); });
      }));
  to.push_back(std::make_unique<load_of<spsc_queue<token>>>(
      "spsc_queue", [](auto const& in, auto const& name) { in.template publish<spsc_queue<token>>(name, few); },
      use_spsc_queue, [](auto const& it, auto const&) {
        take_whole(it, "spsc_queue", 4 * few);
        expect_room_for(it.capacity(), "spsc_queue", [&](auto const& each) { return it.try_push(each); },
                        [&] { return it.try_pop(); });
      }));
  to.push_back(std::make_unique<load_of<ring<token>>>(
      "ring", [](auto const& in, auto const& name) { in.template publish<ring<token>>(name, few); }, use_ring,
      [](auto const& it, auto const&) {
        it.push(token::of(7));
        auto const last = it.latest();
        require(last && last->number == 7 && last->is_whole(), "ring", "the last sample is another one");
      }));
  to.push_back(std::make_unique<load_of<stack<token>>>(
      "stack", [](auto const& in, auto const& name) { in.template publish<stack<token>>(name, few); }, use_stack,
      [](auto const& it, auto const&) {
        it.recover();
        take_whole(it, "stack", 4 * few);
        expect_room_for(it.capacity(), "stack", [&](auto const& each) { return it.try_push(each); },
                        [&] { return it.try_pop(); });
      }));
  to.push_back(std::make_unique<load_of<object_pool<token>>>(
      "object_pool", [](auto const& in, auto const& name) { in.template publish<object_pool<token>>(name, few); },
      use_object_pool, [](auto const& it, auto const&) {
        it.reclaim();
        require(it.size() == 0, "object_pool", "objects of the dead are not given back");
        std::vector<pool_handle> taken;
        while (auto const each = it.acquire()) taken.push_back(each);
        require(taken.size() == it.capacity(), "object_pool", "not every object can be used again");
        for (auto const& each : taken) it.release(each);
      }));
}

}  // namespace stoa::stress
