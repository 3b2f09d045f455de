#include <numbered_message.hpp>

#include "load.hpp"

namespace stoa::stress {
namespace {

using namespace std::chrono_literals;
using testing::number_in;
using testing::numbered_message;

constexpr std::uint64_t ring_bytes = 16384;
constexpr std::uint32_t blocks = 4;
constexpr std::uint64_t block_bytes = 8192;
constexpr std::uint32_t places = 4;
constexpr std::uint64_t slots = 6;
constexpr std::uint64_t payload = 256;

// Some lie in blocks.
std::vector<std::byte> some_message(random_source& random) {
  auto const size = random() % 16 == 0 ? 3000 + random() % 5000 : 8 + random() % 300;
  return numbered_message(random(), size);
}
void require_whole(std::span<std::byte const> got, char const* name) {
  auto const expected = numbered_message(number_in(got), got.size());
  require(std::ranges::equal(got, expected), name, "a message is torn");
}

message_ring_options ring_options(delivery to) {
  return {.checksum = true,
          .delivery = to,
          .max_readers = places,
          .large = {.blocks = blocks, .block_bytes = block_bytes, .above = 2048}};
}

void send_some(message_ring const& it, random_source& random) {
  if (random() % 4 == 0) {
    auto const bytes = some_message(random);
    auto slot = it.claim(bytes.size());
    if (!slot) return;
    std::ranges::copy(bytes, slot.data());
    if (random() % 4 != 0) slot.commit();
  } else {
    static_cast<void>(it.try_send(some_message(random)));
  }
}

void use_group(message_ring const& it, random_source& random) {
  if (random() % 2 == 0) return send_some(it, random);
  auto const from = it.consumer();
  if (random() % 2 == 0) {
    from.poll([](message_view const& each) { require_whole(each.data(), "message group"); }, 4);
  } else if (auto got = from.try_receive()) {
    require_whole(got->data(), "message group");
    if (random() % 4 != 0) got->commit();
  }
}

void use_broadcast(message_ring const& it, random_source& random) {
  if (random() % 2 == 0) return send_some(it, random);
  try {
    auto from = it.reader();
    from.poll([](message_view const& each) { require_whole(each.data(), "message broadcast"); }, 4);
  } catch (error const& problem) {
    if (problem.code() != errc::no_space) throw;  // all places for readers are taken
  }
}

// Sends until it is full, small ones and then large ones; how many of each.
std::pair<std::uint64_t, std::uint64_t> fill(message_ring const& it) {
  std::uint64_t large = 0, small = 0;
  while (it.try_send(numbered_message(large, block_bytes))) ++large;
  while (it.try_send(numbered_message(small, 8))) ++small;
  return {large, small};
}

// A unit for each small one, one for each large one, and one that is never used.
void require_all_room(message_ring const& it, char const* name) {
  auto const [large, small] = fill(it);
  require(large == blocks, name, "not every block can be used again");
  require(large + small + 1 == it.capacity() / 64, name, "not all bytes can be used again");
}

void settle_group(message_ring const& it, segment const&) {
  auto const drain = [&] {
    it.recover();
    auto const from = it.consumer();
    while (from.poll([](message_view const& each) { require_whole(each.data(), "message group"); }) != 0) {}
  };
  drain();
  require_all_room(it, "message group");
  drain();
}

void settle_broadcast(message_ring const& it, segment const&) {
  it.recover();
  {
    std::vector<message_reader> readers;
    for (std::uint32_t i = 0; i < places; ++i) readers.push_back(it.reader());  // every place can be used again
    for (auto& each : readers) each.poll([](message_view const& m) { require_whole(m.data(), "message broadcast"); });
    require_all_room(it, "message broadcast");  // they hold nothing
  }
  auto reader = it.reader();
  reader.poll([](message_view const& each) { require_whole(each.data(), "message broadcast"); });
}

// --- channel ---

void serve_one(channel& peer) {
  for (int i = 0; i < 20 && !peer.at_end(); ++i)
    if (auto const got = peer.receive_for(1ms)) {
      require_whole(got->data(), "channel");
      if (!peer.try_send(got->data())) return;
    }
}
void ask_one(channel& peer, random_source& random) {
  for (int i = 0; i < 4; ++i) {
    auto const bytes = numbered_message(random(), 8 + random() % 400);
    if (!peer.try_send(bytes)) return;
    if (auto const got = peer.receive_for(2ms))
      require(std::ranges::equal(got->data(), bytes), "channel", "the answer is another one's");
    else
      return;
  }
}

bool is_usual_in_channels(std::error_code what) {
  return what == errc::role_taken || what == errc::timed_out || what == errc::not_listening ||
         what == errc::too_many_connections || what == errc::connection_closed;
}

class channel_load : public load {
 public:
  std::string const& name() const override { return name_; }
  void publish(segment const& in) const override {
    in.publish<channel_listener>(name_, channel_options{.clients = places, .bytes_per_direction = 4096});
  }
  std::unique_ptr<user> attach(segment const& in) const override { return std::make_unique<peer>(in, name_); }
  void settle(segment const& in) const override {
    auto const listener = in.attach<channel_listener>(name_);
    std::vector<channel> held;
    for (std::uint32_t i = 0; i < places; ++i) {
      channel_offer offer{in, name_};
      held.push_back(listener.accept(1s));
      held.push_back(offer.try_finish().value());
    }
  }

 private:
  class peer : public user {
   public:
    peer(segment const& in, std::string const& name) : in_{in}, name_{name} {}
    void use(random_source& random) override {
      try {
        if (random() % 2 == 0) {
          auto const listener = in_.attach<channel_listener>(name_);
          if (auto one = listener.accept_for(2ms)) serve_one(*one);
        } else {
          auto one = channel::connect(in_, name_, 2ms);
          ask_one(one, random);
        }
      } catch (error const& problem) {
        if (!is_usual_in_channels(problem.code())) throw;
      }
    }

   private:
    segment in_;
    std::string name_;
  };
  std::string name_ = "channel";
};

// --- exchange ---

bool is_usual_in_calls(std::error_code what) {
  return what == errc::timed_out || what == errc::server_died || what == errc::no_free_slot ||
         what == errc::not_listening;
}

void use_exchange(exchange const& it, random_source& random) {
  if (random() % 2 == 0) {
    auto service = it.server();
    service.serve_for(1ms, [](auto const& request, std::span<std::byte> response) {
      require_whole(request.data(), "exchange");
      std::ranges::copy(request.data(), response.data());
      return request.data().size();
    });
    return;
  }
  auto client = it.client();
  auto const bytes = numbered_message(random(), 8 + random() % (payload - 8));
  auto const reply = client.call(bytes, 1, std::chrono::microseconds{random() % 3000});
  if (reply)
    require(std::ranges::equal(reply->data(), bytes), "exchange", "the answer is another one's");
  else if (!is_usual_in_calls(reply.error().code()))
    throw error{reply.error()};
}

void settle_exchange(exchange const& it, segment const&) {
  auto client = it.client();
  auto service = it.server();
  while (service.try_serve([](auto const&, auto) {})) {}
  std::vector<claimed_request> taken;
  while (auto one = client.claim(payload, 1)) taken.push_back(std::move(*one));
  require(taken.size() == it.slots(), "exchange", "not every slot can be used again");
}

}  // namespace

void add_message_loads(loads& to) {
  to.push_back(std::make_unique<load_of<message_ring>>(
      "message group",
      [](auto const& in, auto const& name) {
        in.template publish<message_ring>(name, ring_bytes, ring_options(delivery::group));
      },
      use_group, settle_group));
  to.push_back(std::make_unique<load_of<message_ring>>(
      "message broadcast",
      [](auto const& in, auto const& name) {
        in.template publish<message_ring>(name, ring_bytes, ring_options(delivery::broadcast));
      },
      use_broadcast, settle_broadcast));
  to.push_back(std::make_unique<channel_load>());
  to.push_back(std::make_unique<load_of<exchange>>(
      "exchange",
      [](auto const& in, auto const& name) { in.template publish<exchange>(name, slots, payload); }, use_exchange,
      settle_exchange));
}

}  // namespace stoa::stress
