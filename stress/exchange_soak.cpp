// Two exchanges, one of each way to deal with a server's death, and processes that call and serve, killed or stopped
// at random every few milliseconds and replaced. Callers lose patience at random, hold replies, and cancel.
//
//   exchange_soak [--seconds N] [--seed N] [--slots N] [--calls N]
//
// Every request has a number of its own, and a length that follows from it; so has its answer. Told are
//   wrong      an answer that is not the one to its request, or is torn, also while it is held
//   not whole  a request that its server did not get as it was written, or that changed while it was served
//   leaked     slots that nobody can take in the end, though all who had them are dead
// and, as they should be, calls that timed out, that lost their server, or that got no slot. Exit status 0 if none of
// the former happened, and there were answers.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <limits>
#include <random>
#include <stoa/stoa.hpp>
#include <string>
#include <vector>

#include "soak.hpp"
#include "soak_worker.hpp"

using namespace stoa::literals;
using namespace stoa::stress;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t most_words = 40;
constexpr std::size_t payload = most_words * sizeof(std::uint64_t);

struct settings : soak_settings {
  unsigned slots = 6;
  std::uint64_t calls = 0;  // 0: as many as the time allows
};

enum counter : std::size_t { wrong, not_whole, answered, timed_out, lost, refused, served };
constexpr std::uint64_t counters = 7;

std::size_t words_of(std::uint64_t number) { return 1 + number % most_words; }
std::size_t bytes_of(std::uint64_t number) { return words_of(number) * sizeof(std::uint64_t); }
std::uint64_t word_of(std::uint64_t number, std::size_t i) { return number ^ (i * 0x9E37'79B9'7F4A'7C15); }
std::uint64_t answer_to(std::uint64_t number) { return number + (std::uint64_t{1} << 60) + 11; }

void write(std::uint64_t number, std::byte* to) {
  for (std::size_t i = 0; i < words_of(number); ++i) {
    auto const word = word_of(number, i);
    std::memcpy(to + i * sizeof(word), &word, sizeof(word));
  }
}
bool is_whole(std::uint64_t number, std::span<std::byte const> bytes) {
  if (bytes.size() != bytes_of(number)) return false;
  for (std::size_t i = 0; i < words_of(number); ++i) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i * sizeof(word), sizeof(word));
    if (word != word_of(number, i)) return false;
  }
  return true;
}
std::uint64_t number_in(std::span<std::byte const> bytes) {
  std::uint64_t number = 0;
  if (bytes.size() >= sizeof(number)) std::memcpy(&number, bytes.data(), sizeof(number));
  return number;
}

struct shared {
  shared(stoa::segment const& in, std::string const& which)
      : calls{in.attach<stoa::exchange>(which)}, counts{in.attach<stoa::array<std::uint64_t>>("counts " + which)} {}
  void count(counter what) const { counts.atomic(what).fetch_add(1); }
  std::uint64_t at(counter what) const { return counts.atomic(what).load(); }

  stoa::exchange calls;
  stoa::array<std::uint64_t> counts;
};

[[noreturn]] void serve_for_ever(shared const& all) {
  auto service = all.calls.server();
  for (;;)
    service.serve_for(1s, [&](auto const& request, std::span<std::byte> response) {
      auto const number = number_in(request.data());
      if (!is_whole(number, request.data())) all.count(not_whole);
      write(answer_to(number), response.data());
      if (!is_whole(number, request.data())) all.count(not_whole);
      all.count(served);
      return bytes_of(answer_to(number));
    });
}

class caller {
 public:
  explicit caller(shared const& all) : all_{all}, client_{all.calls.client()} {}
  void call_for_ever() {
    for (;;) call_once();
  }

 private:
  using pending = stoa::result<stoa::pending_call>;

  void call_once() {
    auto const number = next_++;
    std::array<std::byte, payload> bytes;
    write(number, bytes.data());
    auto const request = std::span{bytes}.first(bytes_of(number));
    switch (random_() % 8) {
      case 0: return note(number, client_.call(request, 1, std::chrono::microseconds{random_() % 30}));
      case 1: {
        auto first = client_.start(request, 1);
        auto const other = next_++;
        write(other, bytes.data());
        auto second = client_.start(std::span{bytes}.first(bytes_of(other)), 1);
        if (second && random_() % 2 == 0) note(other, second->get_for(20ms));
        if (first) note(number, first->get_for(20ms));
        return;  // what is not over is cancelled
      }
      case 2: {
        auto claimed = client_.claim(request.size(), 1);
        if (!claimed) return all_.count(refused);
        write(number, claimed->bytes().data());
        return note(number, claimed->call(20ms));
      }
      case 3:
        if (random_() % 16 == 0) client_ = all_.calls.client();
        [[fallthrough]];
      default: return note(number, client_.call(request, 1, 20ms));
    }
  }
  void note(std::uint64_t number, stoa::result<stoa::call_reply> const& reply) {
    if (reply) {
      for (std::uint64_t look = random_() % 3; look < 3; ++look)
        if (!is_whole(answer_to(number), reply->data())) all_.count(wrong);
      return all_.count(answered);
    }
    switch (reply.error().code()) {
      case stoa::errc::timed_out: return all_.count(timed_out);
      case stoa::errc::server_died: return all_.count(lost);
      case stoa::errc::no_free_slot: return all_.count(refused);
      default: throw std::runtime_error{reply.error().message()};
    }
  }

  shared const& all_;
  stoa::exchange_client client_;
  std::minstd_rand random_{static_cast<unsigned>(::getpid())};
  std::uint64_t next_ = static_cast<std::uint64_t>(::getpid()) << 32;
};

enum class role { server, caller };
struct worker {
  std::string exchange;
  role as = role::server;
  soak_worker process{};
};

void work(std::string const& name, worker const& me) {
  shared const all{stoa::segment::open(name), me.exchange};
  if (me.as == role::server) serve_for_ever(all);
  caller{all}.call_for_ever();
}

bool judge(shared const& all, std::string const& which) {
  auto const slots = all.calls.slots();
  std::vector<stoa::claimed_request> taken;
  auto client = all.calls.client();
  auto service = all.calls.server();  // the successor of all who died
  while (service.try_serve([](auto const&, auto) {})) {}
  while (auto one = client.claim(payload, 1)) taken.push_back(std::move(*one));
  auto const leaked = slots - taken.size();
  fmt::print("{}: {} answered, {} timed out, {} lost their server, {} got no slot; {} served\n", which,
             all.at(answered), all.at(timed_out), all.at(lost), all.at(refused), all.at(served));
  fmt::print("{}: wrong {}, not whole {}, leaked {}\n", which, all.at(wrong), all.at(not_whole), leaked);
  return all.at(wrong) + all.at(not_whole) + leaked == 0 && all.at(answered) > 0;
}

constexpr std::array<char const*, 2> exchanges{"report", "serve again"};
constexpr std::array<role, 4> roles{role::server, role::server, role::caller, role::caller};

bool run(settings const& with) {
  auto const segment = stoa::segment::create(with.segment, 4_MiB);
  for (std::string const each : exchanges) {
    auto const again = each == "report" ? stoa::after_server_death::report : stoa::after_server_death::serve_again;
    segment.publish<stoa::exchange>(
        each, with.slots, payload,
        stoa::exchange_options{.after_server_death = again, .first_generation = stoa::call_generation_mask - 1000});
    segment.publish<stoa::array<std::uint64_t>>("counts " + each, counters);
  }
  std::vector<shared> all;
  for (std::string const each : exchanges) all.emplace_back(segment, each);
  std::vector<worker> workers(exchanges.size() * roles.size());
  auto const start = [&](worker& one) { one.process.start([&] { work(with.segment, one); }); };
  for (std::size_t i = 0; i < workers.size(); ++i) {
    workers[i].exchange = exchanges[i / roles.size()];
    workers[i].as = roles[i % roles.size()];
    start(workers[i]);
  }
  std::uint64_t kills = 0, stops = 0;
  disturb_workers(with, workers.size(), [&](std::size_t i, auto& random) {
    if (random() % 4 == 0) {  // stopped for a while, the others go on
      workers[i].process.stop_for(std::chrono::microseconds{random() % 5000});
      ++stops;
    } else {
      workers[i].process.kill();
      ++kills;
      start(workers[i]);
    }
    std::uint64_t calls = 0;
    for (auto const& each : all) calls += each.at(answered);
    if (with.calls != 0 && calls >= with.calls) is_time_over = true;
  });
  for (auto& each : workers) each.process.kill();
  fmt::print("{} slots; {} kills, {} stops\n", with.slots, kills, stops);
  bool is_good = true;
  for (std::size_t i = 0; i < exchanges.size(); ++i) is_good = judge(all[i], exchanges[i]) && is_good;
  return is_good;
}

}  // namespace

int main(int argc, char** argv) {
  settings with;
  CLI::App app{"Kills callers and servers of two exchanges at random and looks whether an answer went astray"};
  app.add_option("--slots", with.slots, "of each exchange")->capture_default_str();
  app.add_option("--calls", with.calls, "ends after so many answers; 0: when the time is over")->capture_default_str();
  return soak_main("exchange-soak", app, with, argc, argv, &run);
}
