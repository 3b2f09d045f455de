// latency.hpp: how long a message of 64 bytes is on its way, when messages are sent at fixed times. Time runs from
// when a message was to be sent, not from when it was: a subject that cannot keep up waits its turn on the clock.
#pragma once
#include "trip.hpp"

namespace stoa::benchmarks {
namespace internal {

template <class Sender>
void send_on_time(Sender& sender, control const& with, std::uint64_t interval_ns, std::uint64_t count) {
  // Connecting is not measured: one message ahead of all others.
  for (idler idle; !sender.send(make_message<64>(1));) idle.pause();
  for (idler idle; with.receivers[0].count.load(std::memory_order_acquire) == 0;) idle.pause();
  auto next = make_message<64>(now_ns() + interval_ns);
  for (std::uint64_t i = 0; i < count; ++i, next.sequence += interval_ns) {
    while (now_ns() < next.sequence) pause_briefly();
    for (idler idle; !sender.send(next);) idle.pause();
  }
}

template <class Receiver>
void note_latencies(Receiver& receiver, control& with, std::uint64_t expected, std::uint64_t skipped) {
  std::uint64_t count = 0, wrong = 0, last = 0;
  auto const use = [&](void const* bytes) {
    auto const sent = word_at(bytes, 0);
    wrong += sent <= last;
    last = sent;
    if (count == 0) store(with.receivers[0].count, 1);
    auto const now = now_ns();
    if (++count > skipped) with.latencies.add(now > sent ? now - sent : 0);
  };
  for (idler idle; count < expected;)
    if (receiver.receive(1, use) == 0) idle.pause();
  store(with.receivers[0].count, count);
  store(with.receivers[0].wrong, wrong);
}

}  // namespace internal

template <class Peer>
histogram latencies(std::uint64_t rate, round_settings const& settings) {
  stream_plan plan;
  Peer peer{plan};
  auto const count_in = [&](std::chrono::microseconds time) {
    return static_cast<std::uint64_t>(time.count()) * rate / 1'000'000;
  };
  auto const count = count_in(settings.warm_up + settings.window);
  auto const sender = [&](control& with) {
    auto mine = peer.sender(0);
    wait_for_go(with);
    internal::send_on_time(mine, with, 1'000'000'000 / rate, count);
    for (idler idle; with.receivers[0].count.load(std::memory_order_acquire) <= count;) idle.pause();
  };
  auto const receiver = [&](control& with) {
    auto mine = peer.receiver(0);
    wait_for_go(with);
    internal::note_latencies(mine, with, count + 1, count_in(settings.warm_up) + 1);
  };
  run_team(Peer::where, {sender, receiver}, [](control&) {});
  auto const& found = last_control();
  if (found.receivers[0].count.load() != count + 1 || found.receivers[0].wrong.load() != 0)
    throw std::runtime_error{fmt::format("{} messages sent, {} received, {} of them out of order", count + 1,
                                         found.receivers[0].count.load(), found.receivers[0].wrong.load())};
  return found.latencies;
}

template <template <std::size_t> class Peer>
bool enter_latency(std::string const& subject) {
  for (std::uint64_t const rate : {1'000'000u, 10'000u}) {
    auto const heading = fmt::format("one way 64 B at {}/s", rate == 10'000 ? "10 k" : "1 M");
    enter({"latency", heading, subject, [=](round_settings const& settings) {
             return percentiles(heading, latencies<Peer<64>>(rate, settings));
           }});
  }
  return true;
}

}  // namespace stoa::benchmarks
