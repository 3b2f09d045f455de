#include "market.hpp"

#include <cstring>
#include <string>
#include <string_view>
#include <thread>

namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t order_type = 1;
constexpr std::uint32_t text_type = 2;

std::span<std::byte const> bytes_of(std::string_view text) { return std::as_bytes(std::span{text}); }
std::string text_in(std::span<std::byte const> bytes) {
  return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

// begin
struct order {
  std::uint64_t number;
  double price;
};
// end

void draw_up(order& drawn) { drawn = {2, 3.5}; }
std::string text_about(order const& which) { return "order " + std::to_string(which.number) + ". "; }

// In another process: here a thread with its own attachment.
void serve(std::string const& name) {
  auto const market = stoa::segment::open(name);
  // begin
  auto const listener = market.publish_or_attach<stoa::channel_listener>("orders");
  auto peer = listener.accept(10s);                          // several clients: accept again, try_accept
  while (auto const got = peer.receive_as<order>(order_type, 10s))
    peer.send(bytes_of(text_about(*got)), text_type, 1s);    // nothing came for ten seconds, or the client is gone
  // end
}

TEST(snippet, Channel) {
  market_segment const scratch;
  auto const& market = scratch.market;
  std::thread server{[&] { serve(scratch.name); }};
  std::string seen;
  auto const show = [&](std::span<std::byte const> text) { seen += text_in(text); };
  {
    // begin
    auto peer = stoa::channel::connect(market, "orders", 10s);       // waits for the listener to come and accept
    if (!peer.send(order{1, 2.5}, order_type, 1s)) { /* no room */ }
    if (auto const answer = peer.receive_for(10s)) show(answer->data());
    if (auto room = peer.claim(sizeof(order), order_type)) {         // written in place
      draw_up(*::new (room.data()) order);
      room.commit();
    }
    if (auto const answer = peer.receive_for(10s)) show(answer->data());  // read in place
    peer.close();                                                    // the server is told
    // end
  }
  server.join();
  EXPECT_EQ(seen, "order 1. order 2. ");
}

}  // namespace
