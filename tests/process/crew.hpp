// crew.hpp: processes that stay alive and do the same thing at the same moment, round after round.
//
//   child_program const worker{"worker", [](child_arguments const& a) {
//     return serve(a, [](order const& o, answer& mine) { mine.words[0] = ...; });
//   }};
//   crew all{"worker", 32};
//   all.everybody(round_number);   // returns when each has answered
//   all.answer_of(7).words[0];
//
// Orders and answers go through memory of their own, not through the library under test.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "child.hpp"
#include "scratch.hpp"

namespace stoa::testing {

inline constexpr int most_members = 64;

struct order {
  int what = 0;
  std::uint64_t argument = 0;
  int member = 0;  // who is asked, from 0
};

struct answer {
  std::uint64_t number = 0;  // of the order; written last
  std::array<std::uint64_t, 6> words{};
  std::array<char, 200> complaint{};  // not empty: something is wrong
};

struct crew_memory {
  std::atomic<std::uint32_t> bell;  // rung by every order
  std::atomic<std::uint64_t> number;
  int what;
  std::uint64_t argument;
  std::atomic<std::uint32_t> done;  // rung by every answer
  std::array<std::atomic<std::uint64_t>, 8>
      shared;  // for what a test wants to count across processes
  std::array<answer, most_members> answers;
};

class crew {
 public:
  crew(std::string_view program, int members, child_arguments const& more = {});
  ~crew();
  crew(crew const&) = delete;
  crew& operator=(crew const&) = delete;

  void begin(int what, std::uint64_t argument = 0);
  // Waits for all that are asked. What went wrong: who died, hung or complained; "" if nothing did.
  std::string finish();
  std::string everybody(int what, std::uint64_t argument = 0) {
    begin(what, argument);
    return finish();
  }
  int size() const noexcept { return static_cast<int>(members_.size()); }
  child& member(int which) { return members_.at(static_cast<std::size_t>(which)); }
  // No longer waited for: it is about to be stopped or killed.
  void dismiss(int which) { is_expected_.at(static_cast<std::size_t>(which)) = false; }
  answer const& answer_of(int which) const {
    return memory_->answers.at(static_cast<std::size_t>(which));
  }
  std::atomic<std::uint64_t>& shared(std::size_t which) const { return memory_->shared.at(which); }

 private:
  scratch_name name_;
  crew_memory* memory_;
  std::vector<child> members_;
  std::vector<bool> is_expected_;
};

// In a member: carries out orders until its crew is gone. `work` may throw; that is a complaint.
int serve(child_arguments const& arguments,
          std::function<void(order const&, answer&, crew_memory&)> const& work);
// The arguments that came after those of the crew.
inline constexpr std::size_t first_own_argument = 2;

// How many rounds: the environment's STOA_TEST_ROUNDS, or `otherwise`.
int rounds(int otherwise);

}  // namespace stoa::testing
