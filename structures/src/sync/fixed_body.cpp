#include <stoa/sync/fixed_body.hpp>

namespace stoa {

result<void> no_elements(entry_view const&, function_ref<void(std::span<std::byte const>)>) { return {}; }

}  // namespace stoa
