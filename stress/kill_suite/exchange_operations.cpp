// A request is asked or not, and answered once or not; slots and places come back; nobody is mistaken for dead.
#include <algorithm>
#include <optional>
#include <stoa/exchange.hpp>

#include "numbered_message.hpp"
#include "operations.hpp"

namespace stoa::kill_suite {
namespace {

using namespace std::chrono_literals;
constexpr std::uint64_t slots = 2;
constexpr std::uint64_t payload = 200;
constexpr std::uint64_t of_the_dead = 60;    // what was asked by dead callers: it may be served, or not
constexpr std::uint64_t of_the_others = 100; // what is asked by those who go on
constexpr std::uint64_t by_the_victim = 1;   // who answered
constexpr std::uint64_t by_another = 0;
constexpr std::uint64_t first_generation = call_generation_mask - 1;

exchange_options options(after_server_death after) {
  return {.after_server_death = after, .first_generation = first_generation};
}

// Attached, and the slots as its own code sees them.
struct actor {
  explicit actor(std::string const& segment_name)
      : home{segment::open(segment_name)}, calls{home.attach<exchange>("x")}, way{way_in(home)} {}
  static exchange_way way_in(segment const& home) {
    return exchange_bytes::adopt(home.entries().front().view()).value().way(side::front);
  }
  segment home;
  exchange calls;
  exchange_way way;
};

// Asks for `number` and is gone, as by a death: its slot is still its own.
void ask_and_be_gone(std::string const& name, std::uint64_t number) {
  actor const gone{name};
  auto const slot = gone.way.take_slot(gone.home.attachment(), true);
  auto const bytes = numbered_message(number);
  std::memcpy(slot.request_payload(), bytes.data(), bytes.size());
  slot.ask((call_generation_of(slot.request().word.load()) + 1) & call_generation_mask,
           static_cast<std::uint32_t>(bytes.size()), 1);
}
// Begins to serve what is pending in the first slot, as `server`; it never ends if that one goes.
void begin_to_serve(actor const& server) {
  auto const slot = server.way.slot(0);
  if (auto const seen = slot.pending()) slot.begin(*seen, short_owner_of(server.home.attachment().self()));
}

std::uint64_t answer_as(std::uint64_t who, call_request const& request, std::span<std::byte> response) {
  auto const bytes = numbered_message(who << 32 | number_in(request.data()));
  std::memcpy(response.data(), bytes.data(), bytes.size());
  return is_numbered_message(request.data()) ? bytes.size() : 0;
}

class exchange_world : public world {
 public:
  explicit exchange_world(after_server_death after)
      : calls_{home_.publish<exchange>("x", slots, payload, options(after))} {}
  task repairer() override {
    return [self = std::make_shared<actor>(segment_name())] {
      auto service = self->calls.server();
      auto const answer = [](auto const& request, auto response) { return answer_as(by_another, request, response); };
      while (service.try_serve(answer)) {}
      auto caller = self->calls.client();
      static_cast<void>(caller.claim(0, 1));
    };
  }
  void expect_nothing_leaked(complaints& bad) override {
    for (int round = 0; round < 3; ++round) {
      auto caller = round % 2 == 0 ? calls_.client() : segment::open(name_).attach<exchange>("x").client();
      std::vector<pending_call> all;
      for (std::uint64_t i = 0; i < slots; ++i) {
        auto pending = caller.start(numbered_message(of_the_others + i), 1);
        if (!bad.expect(pending.has_value(), "a slot was lost")) return;
        all.push_back(std::move(*pending));
      }
      serve(bad);
      for (std::uint64_t i = 0; i < slots; ++i) expect_answer(all[i], of_the_others + i, bad);
    }
    bad.expect(calls_.statistics().taken == 0, "a slot is still taken");
    bad.expect(calls_.statistics().servers == 0, "a server's place is still taken");
    expect_all_places(bad);
  }
  void others_go_on(complaints& bad) override {
    auto caller = calls_.client();
    auto pending = caller.start(numbered_message(of_the_others), 1);
    if (!bad.expect(pending.has_value(), "no slot for another call")) return;
    serve(bad);
    expect_answer(*pending, of_the_others, bad);
  }

 protected:
  // Serves all there is, noting whose requests.
  void serve(complaints& bad) {
    auto service = calls_.server();
    while (service.try_serve([&](auto const& request, auto response) {
      bad.expect(is_numbered_message(request.data()), "a torn request");
      served_.push_back(number_in(request.data()));
      return answer_as(by_another, request, response);
    })) {}
  }
  contents served() const {
    contents out;
    std::ranges::copy_if(served_, std::back_inserter(out), [](auto each) { return each < of_the_dead; });
    return out;
  }
  static void expect_answer(pending_call& to, std::uint64_t number, complaints& bad) {
    auto const reply = to.get_for(0ms);
    if (!bad.expect(reply.has_value(), "another call was not answered")) return;
    bad.expect(is_numbered_message(reply->data()) && (number_in(reply->data()) & 0xFFFF'FFFF) == number,
               "another call got the wrong answer");
  }

  exchange calls_;
  contents served_;
};

// --- those who call ---

struct caller {
  explicit caller(std::string const& name) : self{name}, client{self.calls.client()} {}
  actor self;
  std::optional<exchange_client> client;
  std::optional<pending_call> pending{};
  std::optional<actor> server{};  // another participant, in the same process

  void start() {
    if (auto made = client->start(numbered_message(50), 1)) pending = std::move(*made);
  }
};

struct caller_row {
  char const* name;
  contents before;  // what others are asked
  contents after;
  void (*arrange)(std::string const& name);
  void (*prepare)(caller&);
  void (*run)(caller&);
};

class caller_world final : public exchange_world {
 public:
  explicit caller_world(caller_row const& what) : exchange_world{after_server_death::report}, row_{what} {
    if (row_.arrange != nullptr) row_.arrange(segment_name());
  }
  task victim() override {
    auto const self = std::make_shared<caller>(segment_name());
    if (row_.prepare != nullptr) row_.prepare(*self);
    return [self, run = row_.run, &done = done()] {
      run(*self);
      done.is_done = true;
    };
  }
  contents repaired(contents) const override { return {}; }  // it was served
  contents found(std::size_t, complaints& bad) override {
    serve(bad);
    return served();
  }
  void expect_balance(contents const& after, complaints& bad) override {
    auto const all = found(0, bad);
    bad.expect(all == row_.before || all == after, "a request was served twice, or never");
  }

 private:
  caller_row row_;
};

void ask(caller& self) { self.start(); }
void write_and_ask(caller& self) {
  auto const bytes = numbered_message(50);
  auto request = self.client->claim(bytes.size(), 1);
  std::memcpy(request->bytes().data(), bytes.data(), bytes.size());
  if (auto made = request->start()) self.pending = std::move(*made);
}
void have_a_slot(caller& self) { static_cast<void>(self.client->claim(0, 1)); }
void have_asked(caller& self) { self.start(); }
void be_served(caller& self) {
  self.start();
  self.server.emplace(std::string{self.self.home.name()});
  begin_to_serve(*self.server);
}
void have_an_answer(caller& self) {
  be_served(self);
  self.server->way.slot(0).answer(self.server->way.slot(0).request().word.load() >> exchange_state_bits,
                                  response_state::done, 0);
}
void cancel(caller& self) { self.pending->cancel(); }
void get(caller& self) { static_cast<void>(self.pending->get_for(0ms)); }
void go(caller& self) { self.client.reset(); }
void leave_dead_callers(std::string const& name) {
  for (std::uint64_t i = 0; i < slots; ++i) ask_and_be_gone(name, of_the_dead + i);
}
// A caller that is gone, in the only slots, one of which a dead server was at.
void leave_dead_callers_and_a_server(std::string const& name) {
  leave_dead_callers(name);
  begin_to_serve(actor{name});
}

// --- those who serve ---

// What the caller of request 50 finds in the end: who answered, by_another also if nobody did.
struct server_row {
  char const* name;
  contents before;
  contents after;
  after_server_death option;
  bool has_predecessor;  // who died with the request
};

class server_world final : public exchange_world {
 public:
  explicit server_world(server_row const& what)
      : exchange_world{what.option}, row_{what}, pending_{calls_.client().start(numbered_message(50), 1).value()} {
    if (row_.has_predecessor) begin_to_serve(actor{segment_name()});
  }
  task victim() override {
    auto const self = std::make_shared<actor>(segment_name());
    auto const service = std::make_shared<exchange_server>(self->calls.server());
    return [self, service, &done = done()] {
      service->try_serve([&](auto const& request, auto response) {
        done.note_pop(number_in(request.data()));
        return answer_as(by_the_victim, request, response);
      });
      done.is_done = true;
    };
  }
  contents found(std::size_t way, complaints& bad) override {
    if (way % 2 == 0) serve(bad);
    auto reply = pending_.get_for(0ms);
    if (!reply && reply.error().code() == errc::timed_out) {
      bad.expect(row_.option == after_server_death::serve_again, "its caller does not learn that the server died");
      serve(bad);
      reply = pending_.get_for(0ms);
    }
    if (reply) return {number_in(reply->data()) >> 32};
    bad.expect(row_.option == after_server_death::report && reply.error().code() == errc::server_died,
               reply.error().message());
    return {by_another};
  }
  void expect_balance(contents const&, complaints& bad) override {
    auto const who = found(0, bad);
    bad.expect(served().size() + done().pops <= 1, "it was served twice");
    bad.expect((who == contents{by_the_victim}) == (done().pops == 1), "the wrong answer");
  }

 private:
  server_row row_;
  pending_call pending_;
};

// --- servers that come and go ---

contents const nobody_ever{0};
contents const deserted{1};

class presence_world final : public exchange_world {
 public:
  explicit presence_world(bool is_going) : exchange_world{after_server_death::report}, is_going_{is_going} {}
  task victim() override {
    auto const self = std::make_shared<actor>(segment_name());
    auto const service = std::make_shared<std::optional<exchange_server>>();
    if (is_going_) service->emplace(self->calls.server());
    return [self, service, &done = done()] {
      if (*service) {
        service->reset();
      } else {
        service->emplace(self->calls.server());
      }
      done.is_done = true;
    };
  }
  // One who calls: the death of one who serves would say something of its own.
  task repairer() override {
    return [self = std::make_shared<actor>(segment_name())] {
      static_cast<void>(self->calls.client().call(numbered_message(of_the_others), 1, 0ms));
    };
  }
  contents found(std::size_t, complaints& bad) override {
    auto const reply = calls_.client().call(numbered_message(of_the_others), 1, 0ms);
    if (!bad.expect(!reply, "there is an answer, and no server")) return nobody_ever;
    bad.expect(reply.error().code() == errc::server_died || reply.error().code() == errc::timed_out,
               reply.error().message());
    return reply.error().code() == errc::server_died ? deserted : nobody_ever;
  }
  void expect_balance(contents const&, complaints& bad) override {
    static_cast<void>(found(0, bad));  // the victim's end is a death for a server that has come
  }

 private:
  bool is_going_;
};

}  // namespace

std::vector<operation> exchange_operations() {
  std::vector<operation> out;
  for (auto const& each : {
           caller_row{"start", {}, {50}, nullptr, nullptr, ask},
           caller_row{"claim and abort", {}, {}, nullptr, nullptr, have_a_slot},
           caller_row{"claim and start", {}, {50}, nullptr, nullptr, write_and_ask},
           caller_row{"start in its own slot", {}, {50}, nullptr, have_a_slot, ask},
           caller_row{"start in a dead caller's slot", {}, {50}, leave_dead_callers, nullptr, ask},
           caller_row{"start after two deaths", {}, {50}, leave_dead_callers_and_a_server, nullptr, ask},
           caller_row{"cancel", {50}, {}, nullptr, have_asked, cancel},
           caller_row{"cancel what is served", {}, {}, nullptr, be_served, cancel},
           caller_row{"get", {}, {}, nullptr, have_an_answer, get},
           caller_row{"client goes", {}, {}, nullptr, have_a_slot, go},
       })
    out.push_back({"exchange", each.name, each.before, each.after,
                   [each](mode) { return std::make_unique<caller_world>(each); }});
  contents const not_by_it{by_another};
  contents const by_it{by_the_victim};
  for (auto const& each : {
           server_row{"serve", not_by_it, by_it, after_server_death::report, false},
           server_row{"serve, or another", not_by_it, by_it, after_server_death::serve_again, false},
           server_row{"report a loss", not_by_it, not_by_it, after_server_death::report, true},
           server_row{"serve again", not_by_it, by_it, after_server_death::serve_again, true},
       })
    out.push_back({"exchange", each.name, each.before, each.after,
                   [each](mode) { return std::make_unique<server_world>(each); }});
  out.push_back({"exchange", "server comes", nobody_ever, deserted,
                 [](mode) { return std::make_unique<presence_world>(false); }});
  out.push_back({"exchange", "server goes", deserted, nobody_ever,
                 [](mode) { return std::make_unique<presence_world>(true); }});
  return out;
}

}  // namespace stoa::kill_suite
