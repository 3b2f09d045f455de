#include <cstring>
#include <thread>

#include "market.hpp"

namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t price_request = 200;

std::size_t used = 0;
void use(std::span<std::byte const> bytes) { used += bytes.size(); }
void do_something_else() { std::this_thread::yield(); }

TEST(snippet, Exchange) {
  market_segment const scratch;
  auto const& market = scratch.market;
  std::array<std::byte, 5> const question{};
  // begin
  using namespace stoa::literals;
  auto calls = market.publish_or_attach<stoa::exchange>("calls", 4, 1_KiB);  // slots, bytes of the largest payload

  auto serve = [&] {                                    // in any thread of any process, each with a server of its own
    auto service = calls.server();
    service.serve_for(100ms, [](stoa::call_request const& request, std::span<std::byte> response) {
      std::memcpy(response.data(), request.data().data(), request.size());  // both where they lie
      return request.size();                            // bytes of the response
    });
  };
  // end
  std::thread server{serve};
  // begin
  auto caller = calls.client();                         // one for each calling thread
  if (auto reply = caller.call(question, price_request, 1s)) {
    use(reply->data());                                 // where it lies, until the reply goes
  } else if (reply.error().code() == stoa::errc::server_died) {
    // timed_out, no_free_slot, handler_failed ...: see below
  }

  auto first = caller.start(question, price_request);   // several at a time
  auto second = caller.claim(64, price_request);        // a request that is written in place
  std::ranges::fill(second->bytes(), std::byte{1});
  auto answer = second->call(1s);
  while (!first->ready()) do_something_else();
  use(first->get()->data());
  // end
  EXPECT_TRUE(answer);
  EXPECT_EQ(used, 5u + 5u);
  server.join();
}

}  // namespace
