// pair_messages.hpp: message_rings and synchronisation objects: one program fills them, the other changes them, and
// each finds what the other did.
#pragma once
#include <algorithm>
#include <string>
#include <vector>

#include "pair_types.hpp"

namespace stoa::testing {

// Messages of all lengths: some lie in blocks.
inline std::vector<std::byte> pair_text(std::uint64_t number) {
  std::vector<std::byte> out(8 + number * 61 % 700);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::byte>(number + i);
  return out;
}
inline bool send_pair(message_ring const& to, std::uint64_t number) {
  return to.try_send(pair_text(number), static_cast<std::uint32_t>(number));
}
inline bool is_pair(message_view const& each, std::uint64_t number, std::uint64_t sequence) {
  return each.type() == number && each.sequence() == sequence && std::ranges::equal(each.data(), pair_text(number));
}

// All of them, attached in the order of their names.
struct pair_messages {
  explicit pair_messages(segment const& where)
      : bulletin{where.attach<message_ring>("bulletin")},
        gate{where.attach<latch>("gate")},
        happened{where.attach<event>("happened")},
        key{where.attach<mutex>("key")},
        mail{where.attach<message_ring>("mail")},
        promised{where.attach<future<letter>>("promised")},
        set_up{where.attach<once_flag>("set_up")},
        shelf{where.attach<shared_mutex>("shelf")},
        tickets{where.attach<counting_semaphore>("tickets")} {}

  static void publish(segment const& where) {
    large_messages const large{.blocks = 4, .block_bytes = 1024, .above = 500};
    where.publish<message_ring>(
        "bulletin", 4096, message_ring_options{.delivery = delivery::broadcast, .when_full = when_full::overwrite});
    where.publish<latch>("gate", 3);
    where.publish<event>("happened");
    where.publish<mutex>("key");
    where.publish<message_ring>(
        "mail", 4096, message_ring_options{.checksum = true, .large = large, .first_position = 0 - 4 * record_unit});
    where.publish<future<letter>>("promised");
    where.publish<once_flag>("set_up");
    where.publish<shared_mutex>("shelf");
    where.publish<counting_semaphore>("tickets", 4);
  }

  message_ring bulletin;
  latch gate;
  event happened;
  mutex key;
  message_ring mail;
  future<letter> promised;
  once_flag set_up;
  shared_mutex shelf;
  counting_semaphore tickets;
};

inline void fill_messages(segment const& where) {
  pair_messages::publish(where);
  pair_messages const in{where};
  for (std::uint64_t number = 1; number <= 6; ++number) send_pair(in.mail, number);
  in.mail.consumer().try_receive()->commit();
  in.mail.consumer().try_receive()->abort();
  for (std::uint64_t number = 1; number <= 40; ++number) send_pair(in.bulletin, number);
  in.gate.count_down();
  in.happened.set();
  in.tickets.acquire();
  in.key.lock();
  in.key.unlock();
  in.set_up.call([] {});
}

// Each of these says what was not as it should be; empty: all was.

inline std::string change_messages(segment const& where) {
  pair_messages const in{where};
  auto const consumer = in.mail.consumer();
  for (std::uint64_t number = 2; number <= 4; ++number) {
    auto got = consumer.try_receive();
    if (!got || !is_pair(*got, number, number - 1)) return "mail";
    got->commit();
  }
  if (!send_pair(in.mail, 7)) return "mail";
  auto reader = in.bulletin.reader();
  for (auto next = reader.sequence(); next < 40; ++next)
    if (auto const got = reader.try_receive(); !got || !is_pair(*got, next + 1, next)) return "bulletin";
  send_pair(in.bulletin, 41);
  if (in.gate.pending() != 2 || !in.happened.is_set() || in.tickets.available() != 3) return "gate, happened, tickets";
  in.gate.count_down(2);
  in.happened.reset();
  in.tickets.release(2);
  if (!in.key.try_lock() || !in.shelf.try_lock_shared()) return "key, shelf";
  in.key.unlock();
  in.shelf.unlock_shared();
  if (in.set_up.call([] {})) return "set_up";
  in.promised.promise().set_value(make_letter(5));
  return {};
}

inline std::string unchanged_messages(segment const& where) {
  pair_messages const in{where};
  auto const consumer = in.mail.consumer();
  for (std::uint64_t number = 5; number <= 7; ++number) {
    auto got = consumer.try_receive();
    if (!got || !is_pair(*got, number, number - 1)) return "mail";
    got->commit();
  }
  if (consumer.try_receive()) return "mail";
  auto reader = in.bulletin.reader();
  for (auto next = reader.sequence(); next < 41; ++next)
    if (auto const got = reader.try_receive(); !got || !is_pair(*got, next + 1, next)) return "bulletin";
  if (!in.gate.try_wait() || in.happened.is_set() || in.tickets.available() != 5) return "gate, happened, tickets";
  if (!in.key.try_lock() || !in.shelf.try_lock()) return "key, shelf";
  in.key.unlock();
  in.shelf.unlock();
  return in.promised.try_get() == make_letter(5) ? std::string{} : "promised";
}

// Sends `count` messages of type `who` into "post"; others may do the same.
inline void post(segment const& where, std::uint32_t who, std::uint64_t count) {
  auto const ring = where.attach<message_ring>("post");
  for (std::uint64_t number = 0; number < count; ++number) ring.send(pair_text(number), who);
}

}  // namespace stoa::testing
