#include "message_ring_play.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <stoa/message_chunk.hpp>

#include "numbered_message.hpp"

namespace stoa::fuzz {
namespace {

using testing::numbered_message;
using namespace std::chrono_literals;

constexpr std::size_t most_at_once = 4;  // claims, messages that are held, streams
constexpr std::uint32_t first_stream = 0x8000'0000;

message_ring_options options_of(fuzz_input const& input) {
  auto const bits = input.scene(1);
  message_ring_options out;
  out.checksum = bits % 2 != 0;
  out.delivery = (bits & 2) != 0 ? delivery::broadcast : delivery::group;
  if (out.delivery == delivery::broadcast && (bits & 4) != 0) out.when_full = when_full::overwrite;
  if ((bits & 8) != 0) out.large = {.blocks = 2, .block_bytes = 512, .above = 64};
  if ((bits & 16) != 0) out.first_position = std::uint64_t{0} - 2048;
  out.max_readers = 2;
  out.timestamps = message_time::none;
  return out;
}

// Byte i of stream n.
std::byte stream_byte(std::uint32_t number, std::uint64_t i) { return static_cast<std::byte>(number * 31 + i * 7); }

}  // namespace

message_ring_play::message_ring_play(fuzz_input const& input)
    : message_play{input},
      is_group_{options_of(input).delivery == delivery::group},
      may_lose_{options_of(input).when_full == when_full::overwrite},
      ring_{home(0).publish<message_ring>("it", 1024, options_of(input))},
      other_{home(1).attach<message_ring>("it")} {
  if (!is_group_) {
    reader_ = other_.reader(message_start::oldest);
  } else if (input.scene(2) % 2 != 0) {
    stream_consumer_.emplace(other_.consumer());
  } else {
    consumer_ = other_.consumer();
  }
}

std::uint32_t message_ring_play::next_type() { return ++last_type_; }

void message_ring_play::act(step const& what) {
  switch (what.what % 16) {
    case 0:
    case 1: soon([&] { send(what); }); return;
    case 2:
      soon([&] {
        if (claims_.size() >= most_at_once) return;
        auto const size = what.at % (ring_.largest_message() + 1);
        if (auto slot = ring_.claim(size, last_type_ + 1)) {
          auto const type = next_type();
          auto const bytes = numbered_message(type, size);
          std::copy(bytes.begin(), bytes.end(), slot.data());
          claims_.push_back({std::move(slot), type});
        }
      });
      return;
    case 3: finish_claim(what); return;
    case 4:
    case 5: soon([&] { receive(what); }); return;
    case 6: finish_message(what); return;
    case 7:
    case 8:
    case 9: soon([&] { write_stream(what); }); return;
    case 10:
    case 11: soon([&] { read_streams(); }); return;
    case 12: soon([&] { read(); }); return;
    case 13: soon([&] { send_forged_chunk(what); }); return;
    case 14: soon([&] { (what.at % 2 == 0 ? ring_ : other_).recover(); }); return;
    default:
      soon([&] {
        ignore(ring_.statistics());
        expect(ring_.size() <= 16, "more messages than fit");
      });
      return;
  }
}

void message_ring_play::send(step const& what) {
  auto const size = static_cast<std::size_t>(what.at % (ring_.largest_message() + 1));
  if (what.what % 16 == 0) {
    auto const type = next_type();
    if (ring_.try_send(numbered_message(type, size), type)) sent_.insert(type);
    return;
  }
  // Two of one type cannot be told apart: the books leave them out.
  auto const type = next_type();
  auto const one = numbered_message(type, size);
  std::array<std::span<std::byte const>, 2> const two{one, one};
  auto const asked = std::size_t{1} + what.how % 2;
  if (ring_.try_send_n(std::span{two}.first(asked), type) == 1 && asked == 1) sent_.insert(type);
}

void message_ring_play::finish_claim(step const& what) {
  if (claims_.empty()) return;
  auto const which = claims_.begin() + what.at % static_cast<std::ptrdiff_t>(claims_.size());
  if (what.how % 3 == 0) {
    which->slot.abort();
  } else {
    which->slot.commit();
    sent_.insert(which->type);
  }
  claims_.erase(which);
}

// A message is whole, and received for good once only.
void message_ring_play::note(message_view const& each, bool is_committed) {
  testing::insist(each.size() <= 1024, "a message that does not fit");
  std::vector<std::byte> const copy(each.data().begin(), each.data().end());
  if (each.type() >= first_stream || is_damaged()) return;
  expect(copy == numbered_message(each.type(), copy.size()), "a message that is not what was sent");
  if (!is_committed || !sent_.contains(each.type())) return;
  expect(received_.insert(each.type()).second, "a message that was received twice");
}

void message_ring_play::receive(step const& what) {
  if (reader_) return read();
  if (!consumer_) return read_streams();
  if (what.how % 4 == 0) {
    consumer_->poll([&](message_view const& each) { note(each, true); }, what.at % 4);
    return;
  }
  if (held_.size() >= most_at_once) return;
  auto got = what.how % 4 == 1 ? consumer_->receive_for(0s) : consumer_->try_receive();
  if (!got) return;
  note(*got, false);
  held_.push_back(std::move(*got));
}

void message_ring_play::finish_message(step const& what) {
  if (held_.empty()) return;
  auto const which = held_.begin() + what.at % static_cast<std::ptrdiff_t>(held_.size());
  if (what.how % 3 == 0) {
    which->abort();
  } else {
    note(*which, true);
    which->commit();
  }
  held_.erase(which);
}

void message_ring_play::write_stream(step const& what) {
  if (streams_.size() < most_at_once && (streams_.empty() || what.how % 4 == 0)) {
    auto const number = first_stream + next_type();
    auto const chunk_bytes = std::size_t{what.how} >> 3;
    streams_.push_back({message_stream_writer{what.how % 8 < 4 ? ring_ : other_, number, chunk_bytes}, number});
  }
  auto const which = std::next(streams_.begin(), what.at % static_cast<std::ptrdiff_t>(streams_.size()));
  if (what.what % 16 != 9) {
    std::vector<std::byte> bytes(what.value % 700);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = stream_byte(which->number, which->writer.written() + i);
    ignore(which->writer.try_write(bytes));
    return;
  }
  if (what.value % 4 == 0) {
    if (which->writer.try_abort()) streams_.erase(which);
  } else if (what.value % 4 == 1) {
    streams_.erase(which);  // gives it up
  } else if (which->writer.try_finish()) {
    finished_[which->number] = which->writer.written();
    streams_.erase(which);
  }
}

void message_ring_play::note_stream(message_stream const& each) const {
  if (is_damaged() || has_forged_) return;
  for (std::size_t i = 0; i < each.bytes.size(); ++i)
    expect(each.bytes[i] == stream_byte(each.type, i), "a stream that is not what was written");
  if (each.end != stream_end::finished) return;
  auto const found = finished_.find(each.type);
  expect(found != finished_.end() && found->second == each.bytes.size(), "a stream that ends where it does not");
}

void message_ring_play::read_streams() {
  if (!stream_consumer_) return;
  for (int i = 0; i < 8; ++i)
    if (auto const got = stream_consumer_->try_receive()) note_stream(*got);
}

void message_ring_play::read() {
  if (!reader_) return;
  for (int i = 0; i < 3; ++i) {
    auto const got = reader_->try_receive();
    if (!got) break;
    note(*got, true);
  }
}

void message_ring_play::send_forged_chunk(step const& what) {
  has_forged_ = true;
  chunk_header forged{ring_.participant(), what.value & 7, what.value >> 8 & 0xFFFF,
                      static_cast<std::uint32_t>(what.value >> 24 & 3), chunk_magic};
  if (what.how % 4 == 0) forged.writer = what.value;
  if (what.how % 4 == 1) forged.offset = 0 - what.value % 64;
  if (what.how % 4 == 2 && !streams_.empty()) {
    forged.writer = streams_.back().writer.id().writer;
    forged.number = streams_.back().writer.id().number;
  }
  std::vector<std::byte> bytes(sizeof(forged) + what.at % 64);
  std::memcpy(bytes.data(), &forged, sizeof(forged));
  ignore(ring_.try_send(bytes, first_stream));
}

void message_ring_play::end() {
  claims_.clear();
  held_.clear();
  soon([&] { streams_.clear(); });
  soon([&] { ring_.recover(); });
  for (int i = 0; i < 16; ++i) {
    soon([&] { if (consumer_) consumer_->poll([&](message_view const& each) { note(each, true); }, 16); });
    soon([&] { read_streams(); });
    soon([&] { read(); });
  }
  if (may_lose_ || stream_consumer_) return;
  for (auto const type : sent_) expect(received_.contains(type), "a message that was lost");
  if (is_group_) expect(ring_.size() == 0, "messages that nobody gets");
}

}  // namespace stoa::fuzz
