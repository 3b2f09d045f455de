// golden_messages.hpp: message_rings and synchronisation objects of the golden segments, and what is in them.
//
//   messages   a group's ring whose positions have wrapped, with checksums and blocks, and two broadcast rings
//   locks      each synchronisation object, used by one who is gone
#pragma once
#include <string>

#include "golden_content.hpp"

namespace stoa::testing {

// Four units before positions wrap.
inline constexpr std::uint64_t golden_first_position = 0 - 4 * record_unit;

// Of so many bytes, with every value.
inline std::string golden_text(std::uint64_t number, std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<char>(number * 37 + i * 7);
  return out;
}
inline bool send_text(message_ring const& to, std::uint64_t number, std::size_t size) {
  auto const text = golden_text(number, size);
  return to.try_send(std::as_bytes(std::span{text}), static_cast<std::uint32_t>(number));
}

// In "jobs": 1 was received, an aborted claim left padding, 2 was given back, 3 lies in a block, 4 in a record.
inline void fill_messages(segment const& made) {
  message_ring_options const for_group{.checksum = true,
                                       .timestamps = message_time::none,
                                       .large = {.blocks = 2, .block_bytes = 256, .above = 100},
                                       .first_position = golden_first_position};
  auto const jobs = made.publish<message_ring>("jobs", 1024, for_group);
  send_text(jobs, 1, 20);
  send_text(jobs, 2, 50);
  jobs.claim(70).abort();
  send_text(jobs, 3, 200);
  send_text(jobs, 4, 0);
  auto const consumer = jobs.consumer();
  consumer.try_receive()->commit();
  consumer.try_receive()->abort();

  auto broadcast = for_group;
  broadcast.delivery = delivery::broadcast;
  broadcast.checksum = false;
  broadcast.max_readers = 2;
  auto const news = made.publish<message_ring>("news", 512, broadcast);
  auto reader = news.reader();
  for (std::uint64_t number = 1; number <= 3; ++number) send_text(news, number, 40 * number);
  reader.poll([](auto const&) {}, 2);

  broadcast.when_full = when_full::overwrite;
  broadcast.large = {};
  auto const ticker = made.publish<message_ring>("ticker", 512, broadcast);
  for (std::uint64_t number = 1; number <= 9; ++number) send_text(ticker, number, 30);
}

inline void fill_locks(segment const& made) {
  auto const mutex = made.publish<stoa::mutex>("mutex");
  mutex.lock();
  mutex.unlock();
  auto const happened = made.publish<event>("event");
  for (int i = 0; i < 2; ++i) happened.set();
  made.publish<counting_semaphore>("permits", 4, 5).acquire();
  made.publish<condition_variable>("condition").notify_all();
  auto const shared = made.publish<shared_mutex>("shared", 3);
  shared.lock_shared();
  shared.unlock_shared();
  made.publish<latch>("latch", 3).count_down(2);
  made.publish<barrier>("barrier", 2).arrive_and_drop();
  made.publish<once_flag>("once").call([] {});
  made.publish<future<tick>>("kept").promise().set_value(make_tick(3));
  static_cast<void>(made.publish<future<tick>>("broken").promise());
}

}  // namespace stoa::testing
