#include <sys/syscall.h>
#include <unistd.h>

#include <stoa/short_owner.hpp>
#include <stoa/sync/holder.hpp>

namespace stoa {

std::uint64_t internal::ask_thread_number() noexcept {
  auto const number = static_cast<std::uint64_t>(::syscall(SYS_gettid)) & 0x3F'FFFF;  // the kernel's limit is 2^22
  this_thread = {stoa::fork_epoch(), number};
  return number;
}

bool is_holder_alive(attachment const& looker, holder_word word) noexcept {
  // The word was read before: this life is its holder's own, or a later one (I1).
  auto const id = life_in(looker, holder_place_of(word));
  return id != 0 && (generation_of(id) & holder_generation_mask) == holder_in(word) >> holder_generation_shift;
}

}  // namespace stoa
