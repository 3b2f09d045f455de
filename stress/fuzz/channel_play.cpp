#include "channel_play.hpp"

#include <algorithm>

#include "numbered_message.hpp"

namespace stoa::fuzz {
namespace {

using namespace std::chrono_literals;

// Terms that fit those of the listener, mostly.
channel_terms terms_of(step const& what) {
  channel_terms out;
  auto const bits = what.value;
  out.lowest_version = static_cast<std::uint32_t>(bits & 3);
  out.highest_version = out.lowest_version + static_cast<std::uint32_t>(bits >> 2 & 3);
  if ((bits & 16) != 0) out.largest_message = bits >> 8 & 0xFF;
  if ((bits & 32) != 0) out.needed_message = bits >> 16 & 0xFF;
  out.checksums = static_cast<checksums>((bits >> 6 & 3) % 3);
  return out;
}

channel_options options_of(fuzz_input const& input) {
  channel_options out;
  out.clients = 1 + input.scene(1) % 2;
  out.bytes_per_direction = 128u << (input.scene(1) >> 1 & 1);
  if ((input.scene(1) & 4) != 0) out.first_position = std::uint64_t{0} - 256;
  if ((input.scene(1) & 8) != 0) out.terms.checksums = checksums::required;
  return out;
}

}  // namespace

channel_play::channel_play(fuzz_input const& input)
    : message_play{input}, listener_{home(0).publish<channel_listener>("it", options_of(input))} {
  soon([&] { offer_.emplace(home(1), "it"); });
  soon([&] { connect(); });
}

void channel_play::act(step const& what) {
  switch (what.what % 8) {
    case 0: soon([&] { offer(what); }); return;
    case 1: soon([&] { connect(); }); return;
    case 2:
    case 3: soon([&] { send(what); }); return;
    case 4:
    case 5: soon([&] { receive(what); }); return;
    case 6: soon([&] { claim_or_commit(what); }); return;
    default:
      if (what.how % 8 == 0) disconnect();
      soon([&] { ignore(listener_.statistics()); });
      soon([&] {
        for (auto const& each : sides_)
          if (each.end) ignore(each.end->statistics().sent + each.end->at_end() + each.end->connected());
      });
      return;
  }
}

void channel_play::offer(step const& what) {
  offer_.reset();
  if (what.how % 4 == 0) listener_.set_terms(terms_of(what));
  if (what.how % 4 != 1) offer_.emplace(home(1), "it", what.how % 4 == 2 ? channel_terms{} : terms_of(what));
}

void channel_play::connect() {
  auto server = listener_.try_accept();
  if (!offer_) return;
  std::optional<channel> client;
  try {
    client = offer_->try_finish();
  } catch (error const&) {
    offer_.reset();  // refused
    throw;
  }
  if (!client) return;
  offer_.reset();
  expect(server.has_value(), "a client that was accepted by nobody");
  if (!server) return;
  disconnect();
  sides_[0].end = std::move(*server);
  sides_[1].end = std::move(client);
}

void channel_play::disconnect() {
  for (auto& each : sides_) {
    each.held.reset();
    each.claim.reset();
    each.end.reset();
    each.coming.clear();
  }
}

void channel_play::send(step const& what) {
  auto& from = sides_[what.how % 2];
  if (!from.end || from.claim) return;
  auto const number = ++last_;
  auto const bytes = testing::numbered_message(number, what.at % (from.end->largest_message() + 1));
  auto const type = static_cast<std::uint32_t>(number);
  bool const is_sent = what.how % 4 < 2 ? from.end->try_send(bytes, type) : from.end->send(bytes, type, 0s);
  if (is_sent) other(from).coming.push_back(number);
}

void channel_play::claim_or_commit(step const& what) {
  auto& from = sides_[what.how % 2];
  if (!from.end) return;
  if (!from.claim) {
    auto room = from.end->claim(what.at % (from.end->largest_message() + 1), static_cast<std::uint32_t>(++last_));
    if (room) from.claim = std::move(room);
    return;
  }
  if (what.how % 8 < 2) {
    from.claim.reset();
    return;
  }
  auto const bytes = testing::numbered_message(last_, from.claim->size());
  std::copy(bytes.begin(), bytes.end(), from.claim->data());
  if (what.how % 16 < 8) from.claim->shrink(what.at % (from.claim->size() + 1));
  from.claim->commit();
  from.claim.reset();
  other(from).coming.push_back(0);  // of whatever number
}

// Messages come in order, whole, none of them missing.
void channel_play::note(side& by, message_view const& each) const {
  testing::insist(each.size() <= 256, "a message that does not fit");
  std::vector<std::byte> const copy(each.data().begin(), each.data().end());
  if (is_damaged()) return;
  expect(!by.coming.empty(), "a message that nobody sent");
  auto const number = by.coming.front();
  by.coming.pop_front();
  if (number == 0) return;
  expect(each.type() == static_cast<std::uint32_t>(number), "a message out of order");
  expect(copy == testing::numbered_message(number, copy.size()), "a message that is not what was sent");
}

void channel_play::receive(step const& what) {
  auto& by = sides_[what.how % 2];
  if (!by.end) return;
  if (by.held) {
    by.held.reset();
    return;
  }
  switch (what.at % 4) {
    case 0:
      if (auto got = by.end->try_receive()) {
        note(by, *got);
        by.held.emplace(std::move(*got));
      }
      return;
    case 1: by.end->poll([&](message_view const& each) { note(by, each); }, what.value % 4); return;
    case 2: {
      std::vector<std::byte> out;
      if (auto const got = by.end->receive_copy(out, 0s)) note(by, *got);
      return;
    }
    default:
      if (auto const got = by.end->receive_for(0s)) note(by, *got);
  }
}

void channel_play::end() {
  for (auto& each : sides_) {
    each.held.reset();
    each.claim.reset();
    for (int i = 0; i < 16; ++i)
      soon([&] { if (each.end) each.end->poll([&](message_view const& got) { note(each, got); }, 100); });
    if (each.end) expect(each.coming.empty(), "a message that was lost");
  }
}

}  // namespace stoa::fuzz
