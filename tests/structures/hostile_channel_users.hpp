// hostile_channel_users.hpp: a channel as something that is published, and everything that can be done with it and with
// a connection of this process with itself.
#pragma once
#include <memory>
#include <optional>
#include <utility>

#include "channel_scene.hpp"
#include "hostile_users.hpp"

namespace stoa::testing {

inline constexpr std::uint64_t channel_ring = 128;

struct channel_user {
  explicit channel_user(segment const& in) : home{in}, listener{in.attach<channel_listener>("it")} {
    if (!home.is_read_only()) connect();
  }
  void connect() {
    sides.reset();
    channel_offer offer{home, "it", {.checksums = checksums::required}};
    auto server = listener.try_accept();
    auto client = offer.try_finish();
    if (!server || !client) throw error{failure{errc::timed_out, "not connected"}};
    sides.emplace(connected_pair{std::move(*client), std::move(*server)});
    for (std::uint64_t n = 0; n < 2; ++n) {
      ignore(sides->client.try_send(n));
      ignore(sides->server.try_send(n));
    }
  }
  connected_pair& pair() {
    if (!sides) connect();
    return *sides;
  }
  segment home;
  channel_listener listener;
  std::optional<connected_pair> sides;
};

inline void insist_on_message(message_view const& each) {
  insist(each.size() <= channel_ring / 2 - 16, "a message that does not fit");
  std::byte sum{};
  for (auto const byte : each.data()) sum ^= byte;
  ignore(sum);
}
inline void publish_channel(segment const& in) {
  in.publish<channel_listener>("it", channel_options{.clients = 1, .bytes_per_direction = channel_ring});
  // The sides are killed in the middle of it.
  auto const left = std::make_shared<channel_user>(in);
  static std::vector<std::shared_ptr<channel_user>> kept;
  kept.assign(1, left);
}

// What each side can do.
inline void add_calls_of(calls& out, std::shared_ptr<channel_user> const& user, channel connected_pair::* side) {
  auto const with = [=](auto work) { return [=] { work(user->pair().*side); }; };
  for (calls const& more : {
           calls{with([](channel& one) { ignore(one.try_send(std::uint64_t{7}, 7)); }),
                 with([](channel& one) { for (int i = 0; i < 8; ++i) ignore(one.try_send(std::uint64_t{8})); }),
                 with([](channel& one) { ignore(one.send(std::array<std::byte, 40>{}, 1, 0s)); }),
                 with([](channel& one) {
                   if (auto room = one.claim(48)) {
                     std::memset(room.data(), 1, room.size());
                     room.shrink(3);
                     room.commit();
                   }
                 }),
                 with([](channel& one) { ignore(one.claim(20)); }),
                 with([](channel& one) { if (auto const got = one.try_receive()) insist_on_message(*got); }),
                 with([](channel& one) { if (auto const got = one.receive_for(0s)) insist_on_message(*got); }),
                 with([](channel& one) { insist(one.poll(insist_on_message, 100) <= 8, "messages without end"); }),
                 with([](channel& one) {
                   auto const first = one.try_receive();
                   auto const second = one.try_receive();
                 }),
                 with([](channel& one) {
                   std::vector<std::byte> copy;
                   if (auto const got = one.receive_copy(copy, 0s)) insist_on_message(*got);
                 }),
                 with([](channel& one) { ignore(one.connected()); }),
                 with([](channel& one) { ignore(one.at_end()); }),
                 with([](channel& one) { ignore(one.statistics()); })}})
    out.insert(out.end(), more.begin(), more.end());
}

inline user user_of_channel(segment const& in) {
  auto const user = std::make_shared<channel_user>(in);
  calls changing;
  add_calls_of(changing, user, &connected_pair::client);
  add_calls_of(changing, user, &connected_pair::server);
  changing.push_back([=] { user->connect(); });
  changing.push_back([=] { ignore(user->listener.try_accept()); });
  changing.push_back([=] { ignore(channel::try_connect(user->home, "it", deadline::after(0s))); });
  changing.push_back([=] {
    user->sides.reset();
    channel_offer const withdrawn{user->home, "it"};
    ignore(user->listener.has_listener());
  });
  return {{[=] { ignore(user->listener.statistics()); }, [=] { ignore(user->listener.has_listener()); }},
          std::move(changing)};
}

}  // namespace stoa::testing
