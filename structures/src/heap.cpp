#include <fmt/format.h>

#include <boost/version.hpp>
#include <cerrno>
#include <cstring>
#include <stoa/heap.hpp>
#include <stoa/inspection.hpp>
#include <vector>

namespace stoa {
namespace {

constexpr std::uint32_t this_boost = BOOST_VERSION / 100'000 * 1000 + BOOST_VERSION / 100 % 1000;
constexpr std::uint64_t least_bytes = 1024;  // Boost's own administration, and something to give out

[[noreturn]] void give_up(char const* what) {
  throw error{failure{errc::corrupt_structure, fmt::format("heap: {}", what)}};
}

result<heap_header> checked_heap(entry_view const& entry) {
  heap_header header{};
  if (entry.body.size() < sizeof(header)) return damaged(entry, "its extent is too small for a header");
  std::memcpy(&header, entry.body.data(), sizeof(header));
  if (header.heap_bytes < least_bytes || header.heap_bytes > entry.body.size() - sizeof(header))
    return damaged(entry, fmt::format("a heap of {} bytes in an extent of {}", header.heap_bytes, entry.body.size()));
  if (header.boost_version != this_boost || header.mutex_bytes != sizeof(pthread_mutex_t))
    return failure{errc::layout_mismatch,
                   fmt::format("heap '{}': made with Boost {} and mutexes of {} bytes, here Boost {} and {} bytes",
                               entry.name(), header.boost_version, header.mutex_bytes, this_boost,
                               sizeof(pthread_mutex_t))};
  return header;
}

result<std::vector<statistic>> statistics(entry_view const& entry) {
  auto const header = checked_heap(entry);
  if (!header) return header.error();
  return std::vector<statistic>{{"capacity", header->heap_bytes}};  // the rest is Boost's, and not checked
}

// What Boost keeps there is not looked at: it believes its own pointers.
void verify(inspection& look) {
  if (auto const header = checked_heap(look.entry()); !header) return look.refuse(header.error());
  look.zeros("padding", look.entry().body.data() + offsetof(heap_header, pad), sizeof(heap_header::pad));
}

}  // namespace

heap_mutex::heap_mutex() {
  pthread_mutexattr_t attributes;
  ::pthread_mutexattr_init(&attributes);
  ::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  ::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  ::pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
  auto const problem = ::pthread_mutex_init(&mutex_, &attributes);
  ::pthread_mutexattr_destroy(&attributes);
  if (problem != 0) give_up("its mutex cannot be made");
}

void heap_mutex::lock() {
  switch (::pthread_mutex_lock(&mutex_)) {
    case 0:
      return;
    case EOWNERDEAD:
      ::pthread_mutex_unlock(&mutex_);  // not made consistent: closed for good (I1)
      [[fallthrough]];
    case ENOTRECOVERABLE:
      give_up("a process died in the middle of a change, and it was given up");
    default:
      give_up("its mutex is damaged");
  }
}

bool heap_mutex::try_lock() {
  switch (::pthread_mutex_trylock(&mutex_)) {
    case 0:
      return true;
    case EBUSY:
      return false;
    default:
      lock();
      return true;
  }
}

void heap_mutex::unlock() noexcept { ::pthread_mutex_unlock(&mutex_); }

result<std::uint64_t> heap::bytes_for(shape const& asked) {
  if (asked.bytes < least_bytes)
    return failure{errc::invalid_argument, fmt::format("heap of {} bytes, at least {}", asked.bytes, least_bytes)};
  return bytes_of_elements("heap", sizeof(heap_header), asked.bytes, 1);
}

void heap::format(std::span<std::byte> body, shape const& asked) {
  ::new (body.data()) heap_header{asked.bytes, this_boost, sizeof(pthread_mutex_t), {}};
  heap_memory const made{boost::interprocess::create_only, body.data() + sizeof(heap_header), asked.bytes};
}

result<heap> heap::adopt(std::shared_ptr<attached_entry> entry) {
  auto const header = checked_heap(entry->view());
  if (!header) return header.error();
  if (auto const usable = check_writable(*entry, "use a heap"); !usable) return usable.error();
  auto memory = std::make_shared<heap_memory>(boost::interprocess::open_only,
                                              entry->view().body.data() + sizeof(heap_header), header->heap_bytes);
  return heap{std::move(entry), std::move(memory)};
}

kind_operations const& heap_operations() {
  static kind_operations const operations{"heap", 1, &statistics, &no_elements_of<&checked_heap>, nullptr, &verify};
  return operations;
}

}  // namespace stoa
