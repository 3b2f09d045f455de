// stream.hpp: messages from producers to consumers, as many as go through in a given time.
//
// A subject is a class template over the size of its messages:
//
//   template <std::size_t Bytes>
//   struct peer {
//     static constexpr auto where = runs_in::processes;
//     explicit peer(stream_plan const&);            before the members start; what it made goes with it
//     auto sender(unsigned i);      bool send(message<Bytes> const&)                  false: no room now
//                                   std::size_t send_n(std::span<message const>)      if it has batches; how many went
//     auto receiver(unsigned i);    std::size_t receive(std::size_t most, use)        use(void const* bytes) for each;
//   };                                                                                0: nothing now
//
// Calls may wait in the kernel for some milliseconds, as the subject's users do; who does not, spins, and all spin
// alike.
#pragma once
#include <concepts>
#include <fmt/format.h>
#include <memory>
#include <span>
#include <stdexcept>
#include <thread>

#include "../harness/message.hpp"
#include "../harness/registry.hpp"
#include "../harness/team.hpp"

namespace stoa::benchmarks {

struct stream_plan {
  std::string name = fresh_name();
  unsigned senders = 1;
  unsigned receivers = 1;
  bool is_broadcast = false;  // every receiver gets every message
  std::size_t capacity = 1024;  // messages under way, where one can say
};

inline constexpr std::size_t batch = 64;

template <std::size_t Bytes>
constexpr std::size_t stream_capacity() { return Bytes > 1024 ? 64 : 1024; }

template <class Sender, std::size_t Bytes>
concept sends_batches = requires(Sender sender, std::span<message<Bytes> const> some) {
  { sender.send_n(some) } -> std::same_as<std::size_t>;
};
template <class Peer, std::size_t Bytes>
concept has_batches = sends_batches<decltype(std::declval<Peer&>().sender(0)), Bytes>;

namespace internal {

inline void store(std::atomic<std::uint64_t>& to, std::uint64_t value) noexcept {
  to.store(value, std::memory_order_relaxed);  // one writer; read now and then
}

template <std::size_t Bytes, class Sender>
void send_one_by_one(Sender& sender, control& with, member_tally& mine) {
  auto next = make_message<Bytes>(0);
  for (idler idle; !is_stopped(with);) {
    if (!sender.send(next)) {
      idle.pause();
      continue;
    }
    ++next.sequence;
  }
  store(mine.count, next.sequence);
}

template <std::size_t Bytes, class Sender>
void send_in_batches(Sender& sender, control& with, member_tally& mine) {
  std::vector<message<Bytes>> some(batch, make_message<Bytes>(0));
  std::uint64_t sent = 0;
  for (idler idle; !is_stopped(with);) {
    for (std::size_t i = 0; i < batch; ++i) some[i].sequence = sent + i;
    auto const went = sender.send_n(std::span<message<Bytes> const>{some});
    sent += went;
    if (went == 0) idle.pause();
  }
  store(mine.count, sent);
}

// Messages sent, when all senders are done with it; nothing before.
inline bool is_all_sent(control const& with, stream_plan const& plan, std::uint64_t& sent) noexcept {
  if (with.senders_done.load(std::memory_order_acquire) != plan.senders) return false;
  sent = 0;
  for (unsigned i = 0; i < plan.senders; ++i) sent += with.senders[i].count.load(std::memory_order_relaxed);
  return true;
}
inline std::uint64_t received(control const& with, stream_plan const& plan) noexcept {
  std::uint64_t all = 0;
  for (unsigned i = 0; i < plan.receivers; ++i) all += with.receivers[i].count.load(std::memory_order_relaxed);
  return all;
}

template <std::size_t Bytes, class Receiver>
void receive_all(Receiver& receiver, stream_plan const& plan, std::size_t most, control& with, member_tally& mine) {
  std::uint64_t count = 0, sum = 0, wrong = 0;
  bool const is_ordered = plan.senders == 1 && (plan.receivers == 1 || plan.is_broadcast);
  auto const use = [&](void const* bytes) {
    auto const sequence = word_at(bytes, 0);
    wrong += !is_whole<Bytes>(bytes) || (is_ordered && sequence != count);
    sum += sequence;
    ++count;
  };
  for (idler idle;;) {
    if (receiver.receive(most, use) != 0) {
      store(mine.count, count);
      continue;
    }
    std::uint64_t sent = 0;
    if (is_all_sent(with, plan, sent) && (plan.is_broadcast ? count : received(with, plan)) >= sent) break;
    idle.pause();
  }
  store(mine.sum, sum);
  store(mine.wrong, wrong);
}

// Throws if anything was lost, came twice, or was changed.
inline void verify(control const& with, stream_plan const& plan) {
  std::uint64_t sent = 0, sum = 0, got = 0, got_sum = 0, wrong = 0;
  for (unsigned i = 0; i < plan.senders; ++i) {
    auto const count = with.senders[i].count.load();
    sent += count;
    sum += count * (count - 1) / 2;
  }
  for (unsigned i = 0; i < plan.receivers; ++i) {
    got += with.receivers[i].count.load();
    got_sum += with.receivers[i].sum.load();
    wrong += with.receivers[i].wrong.load();
  }
  std::uint64_t const copies = plan.is_broadcast ? plan.receivers : 1;
  if (got != sent * copies || got_sum != sum * copies || wrong != 0)
    throw std::runtime_error{fmt::format("{} messages sent, {} received, {} of them wrong", sent, got, wrong)};
}

// Messages a second that arrived, in the window; for each receiver of a broadcast. Connecting is not measured.
inline double rate_of(control& with, stream_plan const& plan, round_settings const& settings) {
  auto const count = [&] { return received(with, plan); };
  window_of(count, std::chrono::microseconds{0});
  std::this_thread::sleep_for(settings.warm_up);
  return window_of(count, settings.window) / (plan.is_broadcast ? plan.receivers : 1);
}

}  // namespace internal

template <class Peer, std::size_t Bytes>
double stream_rate(stream_plan const& plan, bool in_batches, round_settings const& settings) {
  Peer peer{plan};
  std::vector<member> members;
  for (unsigned i = 0; i < std::max(plan.senders, plan.receivers); ++i) {  // in turn: each core gets as many of both
    if (i < plan.senders)
      members.push_back([&, i](control& with) {
        {
          auto sender = peer.sender(i);
          wait_for_go(with);
          if constexpr (has_batches<Peer, Bytes>)
            if (in_batches) internal::send_in_batches<Bytes>(sender, with, with.senders[i]);
          if (!in_batches) internal::send_one_by_one<Bytes>(sender, with, with.senders[i]);
          with.senders_done.fetch_add(1, std::memory_order_acq_rel);
          // Some subjects lose what is under way when its sender leaves: it stays until all has arrived.
          std::uint64_t sent = 0;
          for (idler idle; !internal::is_all_sent(with, plan, sent) ||
                           internal::received(with, plan) < sent * (plan.is_broadcast ? plan.receivers : 1);)
            idle.pause();
        }
      });
    if (i < plan.receivers)
      members.push_back([&, i](control& with) {
        auto receiver = peer.receiver(i);
        wait_for_go(with);
        internal::receive_all<Bytes>(receiver, plan, in_batches ? batch : 1, with, with.receivers[i]);
      });
  }
  double rate = 0;
  run_team(Peer::where, members, [&](control& with) { rate = internal::rate_of(with, plan, settings); });
  internal::verify(last_control(), plan);
  return rate;
}

inline std::string size_name(std::size_t bytes) {
  return bytes < 1024 ? fmt::format("{} B", bytes) : fmt::format("{} KB", bytes / 1024);
}

// How streams of a kind differ from others.
struct stream_kind {
  std::string family;
  unsigned senders = 1;
  unsigned receivers = 1;
  bool is_broadcast = false;
  bool in_batches = false;
};

template <template <std::size_t> class Peer, std::size_t Bytes>
void enter_stream(std::string const& subject, stream_kind const& kind) {
  auto heading = fmt::format("{} {}p{}c {}", kind.family, kind.senders, kind.receivers, size_name(Bytes));
  if (kind.is_broadcast) heading = fmt::format("broadcast 1 to {} {}", kind.receivers, size_name(Bytes));
  if (kind.senders == 1 && kind.receivers == 1 && !kind.is_broadcast && kind.family != "mpmc")
    heading = fmt::format("{} {}", kind.family, size_name(Bytes));
  if (kind.in_batches) heading += fmt::format(" batches of {}", batch);
  enter({kind.family, heading, subject, [=](round_settings const& settings) {
           stream_plan plan;
           plan.senders = kind.senders;
           plan.receivers = kind.receivers;
           plan.is_broadcast = kind.is_broadcast;
           plan.capacity = stream_capacity<Bytes>();
           auto const rate = stream_rate<Peer<Bytes>, Bytes>(plan, kind.in_batches, settings);
           return std::vector<measurement>{{heading, "messages/s", better::higher, rate}};
         }});
}

// One producer and one consumer, with these sizes; in batches too, if the subject has them.
template <template <std::size_t> class Peer, std::size_t... Bytes>
bool enter_pair(std::string const& family, std::string const& subject) {
  (enter_stream<Peer, Bytes>(subject, {.family = family}), ...);
  auto const batches = [&]<std::size_t Each>() {
    if constexpr (has_batches<Peer<Each>, Each> && Each <= 1024)
      enter_stream<Peer, Each>(subject, {.family = family, .in_batches = true});
  };
  (batches.template operator()<Bytes>(), ...);
  return true;
}
template <template <std::size_t> class Peer>
bool enter_many(std::string const& subject) {
  for (unsigned const each : {1u, 2u, 4u})
    enter_stream<Peer, 8>(subject, {.family = "mpmc", .senders = each, .receivers = each});
  return true;
}
template <template <std::size_t> class Peer>
bool enter_broadcast(std::string const& subject) {
  for (unsigned const each : {1u, 4u})
    enter_stream<Peer, 64>(subject, {.family = "broadcast", .receivers = each, .is_broadcast = true});
  return true;
}

}  // namespace stoa::benchmarks
