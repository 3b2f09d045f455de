// Two processes that want to listen and several that connect, killed or stopped at random every few milliseconds and
// replaced. Who is left connects again and goes on.
//
//   channel_soak [--seconds N] [--seed N] [--bytes N]
//
// Each connection gets a number from its client. In both directions, message n of connection c says so, and has a
// length and bytes that follow from that. Both sides note what they have sent, after they have, and what they have
// received.
//   torn      bytes that are not those of the message's number
//   mixed up  a message of another connection, or another than the next
//   lost      received to the end, and less than what was noted as sent
//   invented  received more than was sent: noted, or sent just before the sender was killed
//   stuck     a place for a connection that nobody can have, in the end
// Exit status 0 if none of these happened.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <list>
#include <optional>
#include <random>
#include <stoa/stoa.hpp>
#include <string>
#include <vector>

#include "numbered_message.hpp"
#include "soak.hpp"
#include "soak_worker.hpp"

using namespace stoa::literals;
using namespace stoa::stress;
using namespace std::chrono_literals;
using stoa::testing::number_in;
using stoa::testing::numbered_message;

namespace {

constexpr std::uint64_t connections_a_second = 50'000;  // more than can be made
constexpr std::uint32_t places = 3;
constexpr std::size_t servers = 2;
constexpr std::size_t clients = 4;  // more than places
constexpr std::uint32_t request_type = 1;
constexpr std::uint32_t reply_type = 2;
constexpr std::uint32_t last_type = 3;  // of the last request: then the server closes

struct settings : soak_settings {
  std::uint64_t bytes = 1024;
};

enum counter : std::size_t { next_connection, torn, mixed_up, refused };
constexpr std::uint64_t counters = 4;

// What is noted of each connection.
enum note : std::size_t {
  sent_by_client,
  received_by_server,
  server_is_done,
  sent_by_server,
  received_by_client,
  client_is_done,
};
constexpr std::uint64_t notes = 6;

// Mostly some cache lines, sometimes nearly the largest: so that paddings come and go at the ring's end.
std::size_t size_of(std::uint64_t number, std::uint64_t bytes) {
  return 8 + number * 7 % (number % 13 == 0 ? bytes / 2 - 24 : 90);
}

struct shared {
  shared(std::string const& name, std::uint64_t ring_bytes)
      : home{stoa::segment::open(name)},
        counts{home.attach<stoa::array<std::uint64_t>>("counts")},
        noted{home.attach<stoa::array<std::uint64_t>>("notes")},
        bytes{ring_bytes} {}
  static stoa::segment made(settings const& with) {
    auto const most = with.seconds * connections_a_second;
    auto in = stoa::segment::create(with.segment, most * notes * 8 + 16_MiB);
    in.publish<stoa::array<std::uint64_t>>("counts", counters);
    in.publish<stoa::array<std::uint64_t>>("notes", most * notes);
    in.publish<stoa::channel_listener>("service",
                                       stoa::channel_options{.clients = places, .bytes_per_direction = with.bytes});
    return in;
  }

  void count(counter what) const { counts.atomic(what).fetch_add(1); }
  std::uint64_t at(counter what) const { return counts.atomic(what).load(); }
  void write(std::uint64_t connection, note what, std::uint64_t n) const {
    noted.atomic(connection * notes + what).store(n);
  }
  std::uint64_t read(std::uint64_t connection, note what) const {
    return noted.atomic(connection * notes + what).load();
  }
  std::uint64_t connections() const { return std::min(at(next_connection), noted.size() / notes); }

  std::vector<std::byte> message(std::uint64_t number) const {
    return numbered_message(number, size_of(number, bytes));
  }
  // Its number, if it is whole.
  std::optional<std::uint64_t> number_of(stoa::message_view const& got) const {
    auto const number = number_in(got.data());
    if (got.size() == size_of(number, bytes) && std::ranges::equal(got.data(), message(number))) return number;
    count(torn);
    return std::nullopt;
  }

  stoa::segment home;
  stoa::array<std::uint64_t> counts;
  stoa::array<std::uint64_t> noted;
  std::uint64_t bytes;
};

// One direction of a connection, as one of its sides sees it.
struct conversation {
  std::uint64_t connection = 0;
  std::uint64_t sent = 0;
  std::uint64_t received = 0;

  std::uint64_t next_to_send() const { return connection << 32 | sent; }
  void take(shared const& all, stoa::message_view const& got, note where) {
    auto const number = all.number_of(got);
    if (!number) return;
    if (*number != (connection << 32 | received) || got.sequence() != received) all.count(mixed_up);
    all.write(connection, where, ++received);
  }
  void note_sent(shared const& all, note where) { all.write(connection, where, ++sent); }
};

bool is_closed(stoa::error const& problem) { return problem.code() == stoa::errc::connection_closed; }

// --- servers ---

// One client's. False: it is over.
class service {
 public:
  explicit service(stoa::channel peer) : peer_{std::move(peer)} {}

  bool go_on(shared const& all) {
    try {
      while (owed_ > 0 && peer_.try_send(all.message(talk_.next_to_send()), reply_type)) {
        talk_.note_sent(all, sent_by_server);
        --owed_;
      }
      if (owed_ < 5) peer_.poll([&](stoa::message_view const& each) { take(all, each); }, 5);
    } catch (stoa::error const& problem) {
      if (!is_closed(problem)) throw;
      while (auto const each = peer_.try_receive()) take(all, *each);  // what it had sent before
    }
    if (!peer_.at_end() && (!is_last_ || owed_ > 0)) return true;
    if (is_known_) all.write(talk_.connection, server_is_done, 1);
    return false;
  }

 private:
  void take(shared const& all, stoa::message_view const& each) {
    if (!is_known_) {
      auto const number = all.number_of(each);
      if (!number || (*number & 0xFFFF'FFFF) != 0) return all.count(mixed_up);
      talk_.connection = *number >> 32;
      is_known_ = true;
    }
    talk_.take(all, each, received_by_server);
    is_last_ = each.type() == last_type;
    ++owed_;
  }

  stoa::channel peer_;
  conversation talk_;
  std::uint64_t owed_ = 0;  // replies
  bool is_known_ = false;
  bool is_last_ = false;
};

void serve_for_ever(shared const& all) {
  auto const listener = all.home.attach<stoa::channel_listener>("service");
  std::list<service> now;
  for (;;) {
    try {
      while (auto peer = listener.accept_for(now.empty() ? 1ms : 0ms)) now.emplace_back(std::move(*peer));
    } catch (stoa::error const& problem) {
      if (problem.code() != stoa::errc::role_taken) throw;  // the other server's, while it lives
      std::this_thread::sleep_for(100us);
    }
    now.remove_if([&](service& each) { return !each.go_on(all); });
    if (!now.empty()) std::this_thread::yield();
  }
}

// --- clients ---

// Up to `count` requests and their replies; the last of them ends it, or it is left in the middle.
void talk(shared const& all, stoa::channel& peer, std::uint64_t count, bool leaves_early) {
  conversation mine{.connection = all.counts.atomic(next_connection).fetch_add(1)};
  if (mine.connection >= all.noted.size() / notes) return;
  auto const take = [&](stoa::message_view const& each) { mine.take(all, each, received_by_client); };
  try {
    while (mine.sent < count) {
      auto const type = mine.sent + 1 == count && !leaves_early ? last_type : request_type;
      if (peer.try_send(all.message(mine.next_to_send()), type))
        mine.note_sent(all, sent_by_client);
      else if (auto const each = peer.receive_for(50ms))
        take(*each);
      peer.poll(take, 2);
    }
    if (leaves_early) return;
  } catch (stoa::error const& problem) {
    if (!is_closed(problem)) throw;
  }
  while (auto const each = peer.receive()) take(*each);
  all.write(mine.connection, client_is_done, 1);
}

void connect_for_ever(shared const& all) {
  std::minstd_rand random{static_cast<unsigned>(::getpid())};
  for (;;) {
    auto const until = stoa::deadline::after(std::chrono::milliseconds{random() % 50});
    auto peer = stoa::channel::try_connect(all.home, "service", until);
    if (peer) {
      talk(all, *peer, 1 + random() % 60, random() % 4 == 0);
      continue;
    }
    auto const why = peer.error().code();
    if (why != stoa::errc::timed_out && why != stoa::errc::not_listening && why != stoa::errc::too_many_connections)
      throw stoa::error{peer.error()};
    all.count(refused);
  }
}

// --- the end ---

bool are_all_places_usable(stoa::segment const& in) {
  auto const listener = in.attach<stoa::channel_listener>("service");
  std::vector<stoa::channel> held;
  try {
    for (std::uint32_t i = 0; i < places; ++i) {
      stoa::channel_offer offer{in, "service"};
      held.push_back(listener.accept(1s));
      held.push_back(offer.try_finish().value());
    }
  } catch (stoa::error const& problem) {
    fmt::print("STUCK: {}\n", problem.what());
    return false;
  }
  return true;
}

bool judge(shared const& all) {
  std::uint64_t lost = 0, invented = 0, messages = 0, whole = 0;
  auto const compare = [&](std::uint64_t connection, note sent, note received, note is_done) {
    auto const got = all.read(connection, received);
    messages += got;
    if (got > all.read(connection, sent) + 1) ++invented;
    if (all.read(connection, is_done) == 0) return;
    ++whole;
    if (got < all.read(connection, sent)) ++lost;
  };
  for (std::uint64_t i = 0; i < all.connections(); ++i) {
    compare(i, sent_by_client, received_by_server, server_is_done);
    compare(i, sent_by_server, received_by_client, client_is_done);
  }
  fmt::print("{} connections, {} directions received to the end, {} messages; {} attempts in vain\n",
             all.connections(), whole, messages, all.at(refused));
  fmt::print("{} torn, {} mixed up, {} lost, {} invented\n", all.at(torn), all.at(mixed_up), lost, invented);
  return all.at(torn) + all.at(mixed_up) + lost + invented == 0 && whole > 0 && messages > 0;
}

bool run(settings const& with) {
  auto const segment = shared::made(with);
  std::array<soak_worker, servers + clients> workers;
  auto const start = [&](std::size_t i) {
    workers[i].start([&] {
      shared const all{with.segment, with.bytes};
      i < servers ? serve_for_ever(all) : connect_for_ever(all);
    });
  };
  for (std::size_t i = 0; i < workers.size(); ++i) start(i);
  std::uint64_t kills = 0, stops = 0;
  disturb_workers(with, workers.size(), [&](std::size_t i, auto& random) {
    if (random() % 4 == 0) {  // stopped for a while, the others go on
      workers[i].stop_for(std::chrono::microseconds{random() % 5000});
      ++stops;
    } else {
      workers[i].kill();
      start(i);
      ++kills;
    }
  });
  for (auto& each : workers) each.kill();
  fmt::print("{} s, rings of {} bytes; {} kills, {} stops\n", with.seconds, with.bytes, kills, stops);
  bool const is_usable = are_all_places_usable(segment);
  return judge(shared{with.segment, with.bytes}) && is_usable;
}

}  // namespace

int main(int argc, char** argv) {
  settings with;
  CLI::App app{"Kills both sides of connections at random and looks whether anything was lost, doubled or mixed up"};
  app.add_option("--bytes", with.bytes, "of the ring of each direction")->capture_default_str();
  return soak_main("channel-soak", app, with, argc, argv, &run);
}
