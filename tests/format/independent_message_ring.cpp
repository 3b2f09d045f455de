// docs/format.md, section 33: message_ring.
#include <algorithm>

#include "independent_bytes.hpp"
#include "independent_connections.hpp"

namespace independent {
namespace {

constexpr std::uint64_t unit = 64;
constexpr std::uint64_t record_header_bytes = 32;

enum : std::uint64_t { none, committed, padding, taken, returned, done };

struct mark {
  std::uint64_t state = none;
  std::uint64_t units = 0;
  bool is_of_position = false;
};

class ring {
 public:
  explicit ring(entry const& from) : body_{from.body} {
    capacity_ = u64(body_, 0);
    require(is_power_of_two(capacity_) && capacity_ >= 256 && capacity_ <= std::uint64_t{1} << 40,
            "message_ring: capacity");
    require(u64(body_, 8) % unit == 0, "message_ring: first_position");
    is_broadcast_ = choice(16, 2) == 1;
    auto const overwrites = choice(20, 2) == 1;
    has_checksum_ = choice(24, 2) == 1;
    choice(28, 3);
    auto const readers = u64(body_, 32);
    require(readers <= 1024 && (readers == 0 || (is_broadcast_ && !overwrites)), "message_ring: readers");
    blocks_ = u64(body_, 40);
    block_bytes_ = u64(body_, 48);
    largest_in_record_ = u64(body_, 56);
    require(blocks_ <= 1u << 20 && block_bytes_ % 128 == 0 && block_bytes_ >> 32 == 0, "message_ring: blocks");
    require((blocks_ == 0) == (block_bytes_ == 0) && (blocks_ == 0) == (largest_in_record_ == 0),
            "message_ring: blocks");
    require(blocks_ == 0 || (largest_in_record_ >= 32 && largest_in_record_ < block_bytes_),
            "message_ring: largest_in_record");
    marks_ = 896 + readers * 128;
    turns_ = marks_ + align(capacity_ / unit * 8, 128);
    records_ = turns_ + align(capacity_ / unit * 8, 128);
    words_ = records_ + capacity_;
    block_area_ = words_ + align(blocks_ * 8, 128);
    require(block_area_ + blocks_ * block_bytes_ <= body_.size(), "message_ring: does not fit");
  }

  std::uint64_t tail() const { return u64(body_, 128); }
  std::uint64_t head() const { return u64(body_, 256); }
  std::uint64_t start() const { return is_broadcast_ ? head() : u64(body_, 384); }
  std::uint64_t capacity() const { return capacity_; }
  std::uint64_t blocks() const { return blocks_; }
  // Of block i, from 0.
  std::uint64_t block_word(std::uint64_t i) const { return u64(body_, words_ + i * 8); }
  std::uint64_t turn(std::uint64_t position) const { return u64(body_, turns_ + place(position) / unit * 8); }

  mark mark_at(std::uint64_t position) const {
    require(position % unit == 0, "message_ring: no boundary");
    auto const word = u64(body_, marks_ + place(position) / unit * 8);
    mark out{word & 7, word >> 3 & 0xFF'FFFF, false};
    require(out.state <= done, "message_ring: state of a mark");
    auto const lap = position / capacity_;
    auto const known_bits = out.state == taken ? 13 : 37;
    out.is_of_position = out.state != none && word >> (64 - known_bits) == (lap & ((1ull << known_bits) - 1));
    if (!out.is_of_position) return out;
    require(out.units != 0 && out.units <= capacity_ / 128, "message_ring: length of a record");
    require(place(position) + out.units * unit <= capacity_, "message_ring: a record goes past the end");
    return out;
  }

  message read(std::uint64_t position, std::uint64_t sequence, std::uint64_t units) const {
    auto const header = part(body_, records_ + place(position), record_header_bytes);
    message out;
    auto const size = u64(header, 0) & 0xFFFF'FFFF;
    out.sequence = sequence;
    out.type = static_cast<std::uint32_t>(u64(header, 0) >> 32);
    out.timestamp = u64(header, 8);
    auto const block = u64(header, 24);
    out.is_in_block = block != 0;
    if (block == 0) {
      require(align(record_header_bytes + size, unit) == units * unit, "message_ring: size of a message");
      out.content = copy_of(part(body_, records_ + place(position) + record_header_bytes, size));
    } else {
      require(block <= blocks_ && units == 1 && size > largest_in_record_ && size <= block_bytes_,
              "message_ring: a message in a block");
      require(block_word(block - 1) == (position | 2), "message_ring: the block is another's");
      out.content = copy_of(part(body_, block_area_ + (block - 1) * block_bytes_, size));
    }
    if (has_checksum_)
      require(u64(header, 16) == crc32c(out.content, crc32c(part(header, 0, 16), 0)), "message_ring: checksum");
    return out;
  }

 private:
  std::uint64_t choice(std::uint64_t offset, std::uint32_t choices) const {
    auto const chosen = u32(body_, offset);
    require(chosen < choices, "message_ring: an option that does not exist");
    return chosen;
  }
  std::uint64_t place(std::uint64_t position) const { return position & (capacity_ - 1); }

  bytes body_;
  std::uint64_t capacity_, marks_, turns_, records_, words_, block_area_;
  std::uint64_t blocks_, block_bytes_, largest_in_record_;
  bool is_broadcast_, has_checksum_;
};

}  // namespace

std::vector<message> messages_of(entry const& from) {
  require(from.kind == "message_ring", "no message_ring");
  ring const all{from};
  auto const head = all.head();
  std::vector<message> out;
  auto sequence = all.turn(head);
  auto position = all.start();
  for (auto left = all.capacity() / unit; left > 0 && position != all.tail(); --left) {
    auto const found = all.mark_at(position);
    if (!found.is_of_position) break;  // claimed, and not committed
    bool const is_behind = head - position - 1 < all.capacity();
    if (is_behind && found.state == returned) out.push_back(all.read(position, all.turn(position), found.units));
    if (!is_behind && found.state == committed) out.push_back(all.read(position, sequence, found.units));
    if (!is_behind && found.state != padding) ++sequence;
    position += found.units * unit;
  }
  return out;
}

std::vector<message_block> blocks_of(entry const& from) {
  require(from.kind == "message_ring", "no message_ring");
  ring const all{from};
  std::vector<message_block> out;
  for (std::uint64_t i = 0; i < all.blocks(); ++i) {
    auto const word = all.block_word(i);
    auto const state = word & 0x3F;
    require(state <= 2 && (state == 0) == (word == 0), "message_ring: word of a block");
    auto& each = out.emplace_back();
    each.is_free = word == 0;
    if (state == 2) each.position = word - 2;
    if (state == 1) each.filler = owner_in(word >> 6);
  }
  return out;
}

}  // namespace independent
