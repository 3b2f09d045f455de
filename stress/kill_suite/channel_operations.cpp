// A dead process has left its connections: what it had sent before is received, then the other side is told; its place,
// its offer and its listener's role are free for the next. A stopped one keeps what it has, and nobody waits for it who
// does not want something of it.
#include <array>
#include <optional>

#include "channel_scene.hpp"
#include "operations.hpp"

namespace stoa::kill_suite {
namespace {

constexpr std::uint32_t places = 2;
constexpr std::uint64_t ring = 512;
constexpr std::uint64_t sent_to_victim = 3;  // messages, for who receives
// What is received where there is an answer instead of messages.
constexpr std::uint64_t accepted = 1000;
constexpr std::uint64_t refused = 2000;

// What a process has: the victim, or this one.
struct party {
  segment home;
  std::optional<channel_listener> listener{};
  std::optional<channel_offer> offer{};
  std::optional<channel> peer{};
};
using step = void (*)(party&);

struct row {
  char const* name;
  step arrange;  // by this process, before there is a victim
  step prepare;  // by the victim
  step meet;     // by this process, when the victim is ready
  step run;      // by the victim, stepped
  contents before;
  contents after;
  bool is_read_meanwhile = true;  // while it is stopped, others make room
  bool is_refused = false;        // its terms are not possible
};

void nothing(party&) {}
void offer(party& self) { self.offer.emplace(self.home, "service"); }
void offer_strangely(party& self) {
  self.offer.emplace(self.home, "service", channel_terms{.lowest_version = 7, .highest_version = 7});
}
void finish(party& self) {
  try {
    self.peer = self.offer->try_finish();
  } catch (error const& problem) {
    if (problem.code() != errc::version_mismatch) throw;
  }
}
void listen(party& self) {
  self.listener.emplace(self.home.attach<channel_listener>("service"));
  self.listener->try_become_listener().value();
}
void accept(party& self) { self.peer = self.listener->try_accept(); }
void listen_and_accept(party& self) {
  listen(self);
  accept(self);
}
void withdraw(party& self) { self.offer->withdraw(); }
void close(party& self) { self.peer->close(); }
void stop_listening(party& self) { self.listener.reset(); }

void send_numbers(party& self, std::uint64_t first, std::uint64_t last) {
  for (auto n = first; n <= last; ++n) send_number(*self.peer, n);
}
void accept_and_send(party& self) {
  listen_and_accept(self);
  send_numbers(self, 1, 2);
}
void accept_and_send_two_laps(party& self) {
  listen_and_accept(self);
  for (std::uint64_t n = 1; n <= 9; ++n) send_number(*self.peer, n);  // those that there is room for
}
void finish_and_send(party& self) {
  finish(self);
  send_numbers(self, 1, sent_to_victim);
}
void finish_send_and_close(party& self) {
  finish_and_send(self);
  close(self);
}

void send(party& self) { send_number(*self.peer, 50); }
void send_value(party& self) { self.peer->try_send(std::uint64_t{57}, 57); }
void claim_and_commit(party& self) {
  auto const bytes = numbered_message(51);
  auto room = self.peer->claim(bytes.size() + 40, 51);
  std::memcpy(room.data(), bytes.data(), bytes.size());
  room.shrink(bytes.size());
  room.commit();
}
void claim_and_abort(party& self) {
  auto const room = self.peer->claim(200, 51);
  std::memset(room.data(), 7, room.size());
}
void receive(party& self) { static_cast<void>(self.peer->try_receive()); }
void receive_value(party& self) {
  static_cast<void>(self.peer->poll([](auto const&) {}, 2));  // the third is one
  static_cast<void>(self.peer->try_receive_as<std::uint64_t>(sent_to_victim));
}
void receive_all(party& self) { static_cast<void>(self.peer->poll([](auto const&) {})); }
void receive_to_the_end(party& self) {
  while (self.peer->receive()) {
  }
}

class channel_world final : public world {
 public:
  explicit channel_world(row const& what) : row_{what}, mine_{home_} {
    home_.publish<channel_listener>("service", channel_options{.clients = places,
                                                               .bytes_per_direction = ring,
                                                               .first_position = 0 - 3 * record_align});
    row_.arrange(mine_);
  }
  task victim() override {
    auto const self = std::make_shared<party>(party{segment::open(name_)});
    row_.prepare(*self);
    return [self, run = row_.run, &done = done()] {
      run(*self);
      done.is_done = true;
    };
  }
  void meet_victim() override { row_.meet(mine_); }
  // The dead leave nothing that must be settled: whoever comes makes their place new.
  task repairer() override {
    return [self = segment::open(name_)] {
      for (std::uint32_t i = 0; i < places; ++i) try {
          channel_offer const each{self, "service"};
        } catch (error const&) {  // all places are taken
        }
    };
  }

  // The numbers that were received from the victim, or its answer to an offer.
  contents found(std::size_t way, complaints& bad) override {
    guarded(bad, [&] {
      if (mine_.offer && !mine_.peer) look_at_answer(bad);
      if (mine_.peer && mine_.peer->is_open()) receive_all_there_is(way, bad);
    });
    return seen_;
  }
  void expect_nothing_leaked(complaints& bad) override {
    guarded(bad, [&] {
      mine_.peer.reset();
      mine_.offer.reset();
      mine_.listener.reset();
      expect_all_connections(bad);
      expect_all_lanes([&] { home_.attachment().my_lane(); }, bad);
      expect_all_places(bad);
    });
  }
  void others_go_on(complaints& bad) override {
    guarded(bad, [&] {
      if (mine_.peer && mine_.peer->is_open()) use_connection(bad);
      // The place that the victim may have is its own; the other one is free for all.
      std::optional<channel_offer> beside;
      try {
        beside.emplace(home_, "service");
      } catch (error const&) {
        bad.add("both places are taken by one process");
      }
      auto const listener = mine_.listener ? *mine_.listener : home_.attach<channel_listener>("service");
      try {
        static_cast<void>(listener.try_accept());
        bad.expect(row_.is_refused || listener.statistics().refused == 0, "terms were read before they were written");
      } catch (error const& problem) {
        if (problem.code() != errc::role_taken) throw;
      }
    });
  }

 private:
  template <class Work>
  static void guarded(complaints& bad, Work work) {
    try {
      work();
    } catch (error const& problem) {
      bad.add(problem.what());
    }
  }
  void note(message_view const& each, complaints& bad) {
    auto const number = number_in(each.data());
    bad.expect(each.type() == number && is_numbered_message(each.data()), "a torn message");
    bad.expect(each.sequence() == seen_.size(), "a gap in the sequence");
    seen_.push_back(number);
  }
  void receive_all_there_is(std::size_t way, complaints& bad) {
    if (way % 2 == 1)
      while (!mine_.peer->at_end()) mine_.peer->poll([&](message_view const& each) { note(each, bad); });
    else
      while (auto const got = mine_.peer->receive()) note(*got, bad);
    bad.expect(!mine_.peer->connected(), "connected to the dead");
    mine_.peer->close();
  }
  // Beside a side that is stopped, perhaps after it left: what was sent before is there.
  void use_connection(complaints& bad) {
    if (row_.is_read_meanwhile) mine_.peer->poll([&](message_view const& each) { note(each, bad); });
    if (!mine_.peer->connected()) return;
    mine_.peer->try_send(1, 1);
  }
  // accepted, refused, or 0.
  std::uint64_t answer() {
    try {
      mine_.peer = mine_.offer->try_finish();
      return mine_.peer ? accepted : 0;
    } catch (error const& problem) {
      if (problem.code() != errc::version_mismatch) throw;
      return refused;
    }
  }
  void look_at_answer(complaints& bad) {
    if (auto const told = answer(); told != 0) {
      seen_.push_back(told);
      mine_.offer.reset();
      mine_.peer.reset();
      return;
    }
    // The offer waits for a successor.
    auto const server = home_.attach<channel_listener>("service").try_accept();
    bad.expect(answer() != 0, "an offer that nobody answers");
    bad.expect(!server || mine_.peer->connected(), "accepted, and not connected");
    mine_.offer.reset();
    mine_.peer.reset();
  }
  // Twice, each place carries as much as when it was new.
  void expect_all_connections(complaints& bad) {
    auto const listener = home_.attach<channel_listener>("service");
    for (int round = 0; round < 2; ++round) {
      std::vector<connected_pair> all;
      for (std::uint32_t i = 0; i < places; ++i) all.push_back(connected(home_, listener));
      bad.expect(listener.statistics().open == places, "not all places are open");
      for (auto& each : all) {
        std::uint64_t sent = 0;
        while (each.client.try_send(sent)) ++sent;
        bad.expect(sent == ring / 32 - 1, "room was lost");
        for (std::uint64_t n = 0; n < sent; ++n)
          bad.expect(each.server.try_receive_as<std::uint64_t>() == n, "a message from nowhere");
        bad.expect(!each.client.try_receive(), "a message from nowhere");
      }
    }
    bad.expect(listener.statistics().open == 0, "a place is not given back");
  }

  row row_;
  party mine_;
  contents seen_;
};

}  // namespace

std::vector<operation> channel_operations() {
  contents const none{};
  contents const two{1, 2};
  contents const full{1, 2, 3, 4, 6, 7};  // the largest of nine have no room
  std::vector<operation> out;
  for (auto const& each : {
           // this process offers, the victim accepts
           row{"send", offer, listen_and_accept, finish, send, none, {50}},
           row{"send after others", offer, accept_and_send, finish, send, two, {1, 2, 50}},
           row{"send a value", offer, accept_and_send, finish, send_value, two, {1, 2, 57}},
           row{"send to a full ring", offer, accept_and_send_two_laps, finish, send, full, full, false},
           row{"claim and commit", offer, accept_and_send, finish, claim_and_commit, two, {1, 2, 51}},
           row{"claim and abort", offer, accept_and_send, finish, claim_and_abort, two, two},
           row{"receive", offer, accept_and_send, finish_and_send, receive, two, two},
           row{"receive a value", offer, accept_and_send, finish_and_send, receive_value, two, two},
           row{"poll", offer, accept_and_send, finish_and_send, receive_all, two, two},
           row{"receive to the end", offer, listen_and_accept, finish_send_and_close, receive_to_the_end, none, none},
           row{"close a server's side", offer, accept_and_send, finish, close, two, two},
           row{"listen", nothing, nothing, nothing, listen, none, none},
           row{"stop listening", nothing, listen, nothing, stop_listening, none, none},
           row{"accept", nothing, listen, offer, accept, none, {accepted}},
           // those that are refused: mostly the text of an error, of any length
           row{"refuse", nothing, listen, offer_strangely, accept, none, {refused}, true, true},
           // the victim offers
           row{"offer", listen, nothing, nothing, offer, none, none},
           row{"withdraw", listen, offer, nothing, withdraw, none, none},
           row{"connect", listen, offer, accept, finish, none, none},
           row{"be refused", listen, offer_strangely, accept, finish, none, none, true, true},
       })
    out.push_back({"channel", each.name, each.before, each.after,
                   [each](mode) { return std::make_unique<channel_world>(each); },
                   each.is_refused ? length::long_one : length::short_one});
  return out;
}

}  // namespace stoa::kill_suite
