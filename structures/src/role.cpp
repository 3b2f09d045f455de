#include <fmt/format.h>

#include <stoa/role.hpp>
#include <stoa/structure.hpp>

namespace stoa {

result<void> take_role(atomic_u64& holder, attached_entry const& entry, role_words const& called) {
  auto const& owner = entry.owner();
  if (auto ok = check_writable(entry, called.verb); !ok) return ok.error();
  for (auto before = holder.load(std::memory_order_relaxed);;) {  // a guess; the CAS decides
    if (before != 0 && owner.is_alive(before))
      return failure{errc::role_taken,
                     fmt::format("{}: expected no {}, found a live one: {}", entry.where(), called.noun,
                                 before == owner.self() ? "another handle of this process" : "another process")};
    // A1 <- R1 (I1). Failed: somebody took it or gave it back since; look again.
    if (holder.compare_exchange_strong(before, owner.self(), std::memory_order_acquire, std::memory_order_relaxed))
      return {};
  }
}

}  // namespace stoa
