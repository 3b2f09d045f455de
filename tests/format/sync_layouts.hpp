// sync_layouts.hpp: where the structs of the synchronisation objects have their members.
#pragma once
#include <cstddef>
#include <map>
#include <stoa/stoa.hpp>
#include <string>

#include "layout.hpp"

namespace stoa::testing {

inline void add_sync_layouts(std::map<std::string, struct_layout>& out) {
  {
    using type = mutex_header;
    out["mutex_header"] = layout_of<type>({
        {"word", offsetof(type, word), sizeof(type::word)},
        {"deaths", offsetof(type, deaths), sizeof(type::deaths)},
        {"waiters", offsetof(type, waiters), sizeof(type::waiters)},
        {"pad", offsetof(type, pad), sizeof(type::pad)},
    });
  }
  {
    using type = event_header;
    out["event_header"] = layout_of<type>({
        {"word", offsetof(type, word), sizeof(type::word)},
        {"waiters", offsetof(type, waiters), sizeof(type::waiters)},
        {"pad", offsetof(type, pad), sizeof(type::pad)},
    });
  }
  {
    using type = semaphore_header;
    out["semaphore_header"] = layout_of<type>({
        {"max", offsetof(type, max), sizeof(type::max)},
        {"count", offsetof(type, count), sizeof(type::count)},
        {"waiters", offsetof(type, waiters), sizeof(type::waiters)},
        {"pad", offsetof(type, pad), sizeof(type::pad)},
    });
  }
  {
    using type = condition_header;
    out["condition_header"] = layout_of<type>({
        {"sequence", offsetof(type, sequence), sizeof(type::sequence)},
        {"waiters", offsetof(type, waiters), sizeof(type::waiters)},
        {"pad", offsetof(type, pad), sizeof(type::pad)},
    });
  }
  {
    using type = latch_header;
    out["latch_header"] = layout_of<type>({
        {"expected", offsetof(type, expected), sizeof(type::expected)},
        {"count", offsetof(type, count), sizeof(type::count)},
        {"waiters", offsetof(type, waiters), sizeof(type::waiters)},
        {"pad", offsetof(type, pad), sizeof(type::pad)},
    });
  }
  {
    using type = once_header;
    out["once_header"] = layout_of<type>({
        {"word", offsetof(type, word), sizeof(type::word)},
        {"attempts", offsetof(type, attempts), sizeof(type::attempts)},
        {"waiters", offsetof(type, waiters), sizeof(type::waiters)},
        {"pad", offsetof(type, pad), sizeof(type::pad)},
    });
  }
  {
    using type = shared_mutex_header;
    out["shared_mutex_header"] = layout_of<type>({
        {"readers", offsetof(type, readers), sizeof(type::readers)},
        {"pad", offsetof(type, pad), sizeof(type::pad)},
        {"word", offsetof(type, word), sizeof(type::word)},
        {"deaths", offsetof(type, deaths), sizeof(type::deaths)},
        {"waiters", offsetof(type, waiters), sizeof(type::waiters)},
        {"rest", offsetof(type, rest), sizeof(type::rest)},
    });
  }
  {
    using type = barrier_header;
    out["barrier_header"] = layout_of<type>({
        {"members", offsetof(type, members), sizeof(type::members)},
        {"pad", offsetof(type, pad), sizeof(type::pad)},
        {"phase", offsetof(type, phase), sizeof(type::phase)},
        {"waiters", offsetof(type, waiters), sizeof(type::waiters)},
        {"rest", offsetof(type, rest), sizeof(type::rest)},
    });
  }
  {
    using type = barrier_member;
    out["barrier_member"] = layout_of<type>({
        {"holder", offsetof(type, holder), sizeof(type::holder)},
        {"arrived", offsetof(type, arrived), sizeof(type::arrived)},
    });
  }
  {
    using type = future_header;
    out["future_header"] = layout_of<type>({
        {"payload_bytes", offsetof(type, payload_bytes), sizeof(type::payload_bytes)},
        {"state", offsetof(type, state), sizeof(type::state)},
        {"promiser", offsetof(type, promiser), sizeof(type::promiser)},
        {"waiters", offsetof(type, waiters), sizeof(type::waiters)},
        {"pad", offsetof(type, pad), sizeof(type::pad)},
    });
  }
}

}  // namespace stoa::testing
