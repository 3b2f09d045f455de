#include "exchange_play.hpp"

#include <algorithm>
#include <stdexcept>

#include "numbered_message.hpp"

namespace stoa::fuzz {
namespace {

using namespace std::chrono_literals;
using testing::number_in;
using testing::numbered_message;

constexpr std::size_t payload = 100;
constexpr std::size_t most_at_once = 4;
constexpr std::uint32_t throwing = 13;

exchange_shape shape_of(fuzz_input const& input) {
  exchange_options options;
  options.after_server_death = (input.scene(1) & 1) != 0 ? after_server_death::serve_again : after_server_death::report;
  return exchange_shape{3, payload, options};
}

// The number of the request, in as many bytes as it had.
std::size_t answer(call_request const& request, std::span<std::byte> response) {
  testing::insist(request.size() <= 128 && response.size() <= 128, "a payload that does not fit");
  if (request.type() == throwing) throw std::runtime_error{"thirteen"};
  auto const size = std::min(request.size(), response.size());
  auto const bytes = numbered_message(number_in(request.data()) + 1, size);
  std::copy(bytes.begin(), bytes.end(), response.begin());
  return size;
}

}  // namespace

exchange_play::exchange_play(fuzz_input const& input)
    : message_play{input},
      front_{home(0).publish<exchange>("it", shape_of(input))},
      back_{home(1).attach<exchange>("it")},
      caller_{front_.client()} {}

std::uint32_t exchange_play::type_of(step const& what) const noexcept {
  return what.how % 16 == 15 ? static_cast<std::uint32_t>(what.value) : what.how % 16;
}

void exchange_play::act(step const& what) {
  switch (what.what % 8) {
    case 0:
    case 1: soon([&] { ask(what); }); return;
    case 2:
    case 3: soon([&] { serve(what); }); return;
    case 4:
    case 5: soon([&] { get(what); }); return;
    case 6:
      soon([&] {
        if (what.how % 4 == 0) server_.reset();
        if (what.how % 4 == 1) caller_ = front_.client();
        if (what.how % 4 == 2) ignore(caller_.ping(0s));
        if (what.how % 4 == 3 && !replies_.empty()) replies_.erase(replies_.begin());
      });
      return;
    default: soon([&] { ignore(front_.statistics()); });
  }
}

void exchange_play::ask(step const& what) {
  if (calls_.size() >= most_at_once) return;
  auto const number = ++last_;
  auto const bytes = numbered_message(number, sizeof(number) + what.at % (payload + 8));  // a few too large
  if (what.how >= 192) {
    note(number, caller_.call(bytes, type_of(what), 1ms));
    return;
  }
  if (what.how >= 128) {
    auto room = caller_.claim(bytes.size(), type_of(what));
    if (!room) return;
    std::copy(bytes.begin(), bytes.end(), room->bytes().begin());
    if (what.value % 4 == 0) return;
    if (auto call = room->start()) calls_.push_back({std::move(*call), number});
    return;
  }
  if (auto call = caller_.start(bytes, type_of(what))) calls_.push_back({std::move(*call), number});
}

void exchange_play::serve(step const& what) {
  if (!server_) server_.emplace(back_.server());
  if (what.how % 2 == 0)
    ignore(server_->try_serve(answer));
  else
    ignore(server_->serve_for(0s, answer));
}

// An answer is the one to its request.
void exchange_play::note(std::uint64_t number, result<call_reply> const& reply) const {
  if (!reply) return;
  std::vector<std::byte> const copy(reply->data().begin(), reply->data().end());
  testing::insist(copy.size() <= 128, "a payload that does not fit");
  expect(copy == numbered_message(number + 1, copy.size()), "an answer to another request");
}

void exchange_play::get(step const& what) {
  if (calls_.empty()) return;
  auto const which = calls_.begin() + what.at % static_cast<std::ptrdiff_t>(calls_.size());
  if (what.how % 4 == 0) {
    which->call.cancel();
  } else {
    auto reply = which->call.get_for(0s);
    note(which->number, reply);
    if (reply && what.how % 4 == 1 && replies_.size() < most_at_once) replies_.push_back(std::move(*reply));
  }
  if (!which->call) calls_.erase(which);
}

// Who is answered gets it; what is over leaves room for others.
void exchange_play::end() {
  if (!server_) soon([&] { server_.emplace(back_.server()); });
  soon([&] { if (server_) ignore(server_->serve_for(1ms, answer)); });
  for (auto& each : calls_) soon([&] { note(each.number, each.call.get_for(0s)); });
  calls_.clear();
  replies_.clear();
  if (!server_ || is_damaged()) return;
  soon([&] {
    auto const caller = caller_.start(numbered_message(++last_, payload), 1);
    expect(caller.has_value(), "no slot is left");
  });
}

}  // namespace stoa::fuzz
