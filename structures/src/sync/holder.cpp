#include <sys/syscall.h>
#include <unistd.h>

#include <stoa/sync/holder.hpp>

namespace stoa {

std::uint64_t internal::ask_thread_number() noexcept {
  auto const number = static_cast<std::uint64_t>(::syscall(SYS_gettid)) & 0x3F'FFFF;  // the kernel's limit is 2^22
  this_thread = {stoa::fork_epoch(), number};
  return number;
}

bool is_holder_alive(attachment const& looker, holder_word word) noexcept {
  auto const place = holder_place_of(word);
  if (place >= looker.map().limits().max_participants) return false;
  auto const at = static_cast<std::uint32_t>(place);
  // The word was read before: this generation is at least its holder's own, so another one is a later one (I1).
  auto const generation = looker.map().participant(at).generation.load(std::memory_order_acquire);
  if ((generation & holder_generation_mask) != holder_in(word) >> holder_generation_shift) return false;
  return looker.is_alive(make_participant_id(generation, at));
}

}  // namespace stoa
