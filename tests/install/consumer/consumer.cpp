// A program of somebody else: uses every part, compiled and templates, through the public headers.
#include <unistd.h>

#include <iostream>
#include <stoa/stoa.hpp>
#include <string>

struct trade {
  std::uint64_t id;
  double price;
};
BOOST_DESCRIBE_STRUCT(trade, (), (id, price))

int main() try {
  using namespace stoa::literals;
  auto const name = "consumer-" + std::to_string(::getpid());
  auto const market = stoa::segment::create(name, 1_MiB);
  auto const trades = market.publish<stoa::queue<trade>>("trades", 16);
  auto const last = market.publish<stoa::value<trade>>("last");
  if (!trades.try_push({7, 99.5})) return 1;

  auto const peer = stoa::segment::open(name);
  if (auto const taken = peer.attach<stoa::queue<trade>>("trades").try_pop()) last.store(*taken);
  if (last.load().id != 7 || last.load().price != 99.5) return 1;
  if (market.try_attach<stoa::array<double>>("trades").error().code() != stoa::errc::kind_mismatch)
    return 1;
  std::cout << "attached: " << market.reference_count() << '\n';
} catch (std::exception const& problem) {
  std::cerr << problem.what() << '\n';
  return 1;
}
