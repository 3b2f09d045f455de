// trip.hpp: a request from one process to another and its response, one after the other: how long each takes.
//
//   template <std::size_t Bytes>
//   struct peer {
//     static constexpr auto where = runs_in::processes;
//     explicit peer(std::string const& name);
//     auto caller();   bool call(message<Bytes> const& request, use)     use(void const* response); false: none
//     auto server();   void serve(answer)                                 what is there, or nothing: answer(void const*
//   };                                                                    request, message<Bytes>& response)
#pragma once
#include "stream.hpp"

namespace stoa::benchmarks {

namespace internal {

// The caller's: for the time of warm-up and window; each call is timed from the end of the one before.
template <std::size_t Bytes, class Caller>
void call_all(Caller& caller, control& with, round_settings const& settings) {
  auto request = make_message<Bytes>(0);
  std::uint64_t wrong = 0;
  auto const call = [&] {
    ++request.sequence;
    return caller.call(request, [&](void const* bytes) {
      wrong += word_at(bytes, 0) != request.sequence + 1 || !is_whole<Bytes>(bytes);
    });
  };
  wrong += !call();  // connecting is not measured
  auto const start = now_ns();
  auto const begin = start + static_cast<std::uint64_t>(std::chrono::nanoseconds{settings.warm_up}.count());
  auto const end = begin + static_cast<std::uint64_t>(std::chrono::nanoseconds{settings.window}.count());
  for (auto before = start; before < end || with.latencies.total() == 0;) {
    wrong += !call();
    auto const now = now_ns();
    if (before >= begin) with.latencies.add(now - before);
    before = now;
  }
  with.receivers[0].wrong.store(wrong);
  with.senders_done.store(1, std::memory_order_release);
}

}  // namespace internal

template <class Peer, std::size_t Bytes>
histogram trips(round_settings const& settings) {
  Peer peer{fresh_name()};
  auto const caller = [&](control& with) {
    auto mine = peer.caller();
    wait_for_go(with);
    internal::call_all<Bytes>(mine, with, settings);
  };
  auto const server = [&](control& with) {
    auto mine = peer.server();
    wait_for_go(with);
    auto const answer = [](void const* request, message<Bytes>& response) {
      response.sequence = is_whole<Bytes>(request) ? word_at(request, 0) + 1 : 0;
    };
    while (with.senders_done.load(std::memory_order_acquire) == 0) mine.serve(answer);
  };
  run_team(Peer::where, {caller, server}, [](control&) {});
  auto const& found = last_control();
  if (found.receivers[0].wrong.load() != 0 || found.latencies.total() == 0)
    throw std::runtime_error{fmt::format("{} calls of {} without their answer", found.receivers[0].wrong.load(),
                                         found.latencies.total())};
  return found.latencies;
}

inline std::vector<measurement> percentiles(std::string const& name, histogram const& found) {
  std::vector<measurement> out;
  for (auto const& [label, part] : {std::pair{"50 %", .5}, {"90 %", .9}, {"99 %", .99}, {"99.9 %", .999}})
    out.push_back({fmt::format("{}, {}", name, label), "ns", better::lower, static_cast<double>(found.at_part(part))});
  return out;
}

template <template <std::size_t> class Peer, std::size_t... Bytes>
bool enter_trips(std::string const& subject) {
  auto const one = [&]<std::size_t Each>() {
    auto const heading = fmt::format("request and response {}", size_name(Each));
    enter({"trips", heading, subject,
           [=](round_settings const& settings) { return percentiles(heading, trips<Peer<Each>, Each>(settings)); }});
  };
  (one.template operator()<Bytes>(), ...);
  return true;
}

// Calls over two streams, one each way.
template <class Sender, class Receiver, std::size_t Bytes>
struct message_caller {
  Sender out;
  Receiver in;
  template <class Use>
  bool call(message<Bytes> const& request, Use const& use) {
    for (idler idle; !out.send(request);) idle.pause();
    idler idle;
    for (auto const end = now_ns() + 5'000'000'000; in.receive(1, use) == 0; idle.pause())
      if (now_ns() > end) return false;
    return true;
  }
};
template <class Sender, class Receiver, std::size_t Bytes>
struct message_server {
  Sender out;
  Receiver in;
  message<Bytes> response = make_message<Bytes>(0);
  idler idle = {};
  template <class Answer>
  void serve(Answer const& answer) {
    auto const count = in.receive(1, [&](void const* request) { answer(request, response); });
    if (count == 0) return idle.pause();
    while (!out.send(response)) idle.pause();
  }
};

template <template <std::size_t> class Stream>
struct two_streams {
  template <std::size_t Bytes>
  struct peer {
    static constexpr auto where = Stream<Bytes>::where;
    explicit peer(std::string const& name)
        : there{{.name = name + "-there"}}, back{{.name = name + "-back"}} {}
    auto caller() {
      auto out = there.sender(0);  // some wait here until the other side has opened the same
      return message_caller<decltype(out), decltype(back.receiver(0)), Bytes>{std::move(out), back.receiver(0)};
    }
    auto server() {
      auto in = there.receiver(0);
      return message_server<decltype(back.sender(0)), decltype(in), Bytes>{back.sender(0), std::move(in)};
    }
    Stream<Bytes> there;
    Stream<Bytes> back;
  };
};

}  // namespace stoa::benchmarks
