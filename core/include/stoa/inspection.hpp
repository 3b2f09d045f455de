// stoa/inspection.hpp: one look at the bytes of one structure, or of the segment's tables, to find damage.
//
// A kind's check reports what contradicts its invariants: those that hold at every instant, whoever is stopped or
// killed. Others may be at work meanwhile, so
//
// I1 one instant  words that are compared must have had those values at the same time: read in an order in which
//                 they only agree more, or read again, or all of them told in the finding. Then a finding that another
//                 look finds again, word for word, is true, as counters and ids do not come back
// I2 bounded      what is read is input: no loop goes further than the bounds that were checked at adopt
#pragma once
#include <cstdint>
#include <span>
#include <stoa/attachment.hpp>
#include <stoa/base/function_ref.hpp>
#include <stoa/lanes.hpp>
#include <stoa/verify.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace stoa {

// A word before what is looked at next. Acquires: that is not older (I1), and what the word tells of is there.
inline std::uint64_t current(atomic_u64 const& word) noexcept { return word.load(std::memory_order_acquire); }

// What a lane says about an entry.
struct named_claim {
  std::uint64_t lane = 0;
  bool is_intent = true;
  lane_name const* where = nullptr;
  stoa::claim claim;
  participant_id owner = 0;
  std::string field() const;
};

class inspection {
 public:
  // `is_still`: nobody changes anything meanwhile.
  inspection(attachment const& owner, bool is_still) : owner_{&owner}, is_still_{is_still} {}
  inspection(attachment const& owner, entry_view const& entry, bool is_still)
      : owner_{&owner}, entry_{&entry}, is_still_{is_still} {}

  attachment const& owner() const noexcept { return *owner_; }
  entry_view const& entry() const noexcept { return *entry_; }
  bool is_still() const noexcept { return is_still_; }
  // So much was found that nothing more is taken down: a check may end.
  bool is_full() const noexcept { return damages_ > most_of_each; }

  void damage(std::string_view field, void const* where, std::string expected, std::string found);
  void note(std::string_view field, void const* where, std::string what);
  // The structure's own validation failed.
  void refuse(failure const& reason);

  // Bytes that nobody ever writes.
  void zeros(std::string_view field, void const* begin, std::uint64_t bytes);
  // The bytes that pad the last word of a payload which begins there.
  void padding(std::string_view field, atomic_u64 const* payload, std::uint64_t bytes);
  // A wait flag, or another word that is 0 or 1.
  void flag(std::string_view field, atomic_u32 const& word);
  void flag(std::string_view field, atomic_u64 const& word);
  // A word with a participant id, or 0. The note says of a dead one what becomes of it.
  void participant(std::string_view field, atomic_u64 const& word, std::string_view of_a_dead_one = {});
  // Whether that place of the segment has had such a life. After an acquire of the word that names it.
  bool was_ever(participant_id id) const noexcept;
  bool has_place(std::uint64_t place) const noexcept;

  // Calls visit for each name of this entry in a lane. One with another operation than `ops` is damage.
  void names(std::initializer_list<lane_op> ops, function_ref<void(named_claim const&)> visit);

  std::vector<finding> take() noexcept { return std::move(findings_); }

 private:
  static constexpr std::size_t most_of_each = 32;
  void add(finding what, void const* where);

  attachment const* owner_;
  entry_view const* entry_ = nullptr;
  bool is_still_;
  std::size_t damages_ = 0;
  std::size_t notes_ = 0;
  std::vector<finding> findings_;
};

}  // namespace stoa
