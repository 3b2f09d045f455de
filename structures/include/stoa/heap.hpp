// stoa/heap.hpp: memory of any size for Boost containers with offset_ptr, managed by Boost.Interprocess.
//
//   auto heap = market.publish_or_attach<stoa::heap>("heap", 16_MiB);
//   using text = boost::container::basic_string<char, std::char_traits<char>, stoa::heap_allocator<char>>;
//   auto* title = heap.find_or_construct<text>("title", heap.allocator<char>());
//
// NOT CRASH-SAFE, unlike everything else here. A process that is killed while it allocates, frees, or changes a
// container leaves it half changed, and nothing repairs it.
//
// Bytes     Those of Boost.Interprocess behind a header of ours: not specified, the same version of Boost and the
//           same C library on all sides. Trusted: who opens a heap that somebody damaged may crash.
// Progress  Blocking: one mutex. A process that is stopped while it holds it holds up all others.
// Crash     Dies a process while it holds the mutex, the heap is given up: every later call throws
//           corrupt_structure, in all processes, and frees are ignored. Dies it elsewhere, what it had allocated
//           stays allocated. (docs/crash.md, H1 to H3)
// Locks     The mutex guards allocation and names. Who changes one container from several processes needs an agreement
//           of his own.
//
// I1 whole   what the mutex guards is changed by its holder only; a holder's death closes it for good
#pragma once
#include <pthread.h>

#include <array>
#include <boost/interprocess/indexes/iset_index.hpp>
#include <boost/interprocess/managed_external_buffer.hpp>
#include <boost/interprocess/mem_algo/rbtree_best_fit.hpp>
#include <boost/interprocess/offset_ptr.hpp>
#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <stoa/kinds.hpp>
#include <stoa/structure.hpp>
#include <utility>

namespace stoa {

struct heap_header {               // offset size
  std::uint64_t heap_bytes;        //      0    8  that follow this header
  std::uint32_t boost_version;     //      8    4  major * 1000 + minor
  std::uint32_t mutex_bytes;       //     12    4  sizeof(pthread_mutex_t)
  std::array<std::byte, 112> pad;  //     16  112
};
static_assert(sizeof(heap_header) == pad_bytes);

struct heap_shape {
  template <std::integral N>
  explicit heap_shape(N count) : bytes{to_count(count)} {}
  std::uint64_t bytes;  // Boost's own administration included
};

// Between processes, recursive, and told by the kernel when its holder dies: then lock() throws, for ever (I1).
class heap_mutex {
 public:
  heap_mutex();
  heap_mutex(heap_mutex const&) = delete;
  heap_mutex& operator=(heap_mutex const&) = delete;
  void lock();
  bool try_lock();
  void unlock() noexcept;

 private:
  pthread_mutex_t mutex_;
};
struct heap_mutex_family {
  using mutex_type = heap_mutex;
  using recursive_mutex_type = heap_mutex;
};

using heap_memory = boost::interprocess::basic_managed_external_buffer<
    char, boost::interprocess::rbtree_best_fit<heap_mutex_family, boost::interprocess::offset_ptr<void>>,
    boost::interprocess::iset_index>;
using heap_manager = heap_memory::segment_manager;

// For containers in the heap. Copies and rebinds like any allocator; lies in the heap with its container.
template <class T>
class heap_allocator {
 public:
  using value_type = T;
  using pointer = boost::interprocess::offset_ptr<T>;
  using const_pointer = boost::interprocess::offset_ptr<T const>;
  using void_pointer = boost::interprocess::offset_ptr<void>;
  using const_void_pointer = boost::interprocess::offset_ptr<void const>;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  template <class U>
  struct rebind {
    using other = heap_allocator<U>;
  };

  explicit heap_allocator(heap_manager* manager) noexcept : manager_{manager} {}
  template <class U>
  heap_allocator(heap_allocator<U> const& other) noexcept : manager_{other.manager()} {}

  // Throws std::bad_alloc if there is no room, stoa::error if the heap was given up.
  pointer allocate(size_type count) {
    if (count > std::size_t(-1) / 2 / sizeof(T)) throw std::bad_alloc{};
    void* const got = alignof(T) <= alignof(std::max_align_t)
                          ? manager_->allocate(count * sizeof(T), std::nothrow)
                          : manager_->allocate_aligned(count * sizeof(T), alignof(T), std::nothrow);
    if (got == nullptr) throw std::bad_alloc{};
    return pointer{static_cast<T*>(got)};
  }
  // Ignored once the heap was given up: destructors must not throw.
  void deallocate(pointer const& what, size_type) noexcept {
    try {
      manager_->deallocate(what.get());
    } catch (error const&) {
      // given up: nobody will want these bytes
    }
  }
  heap_manager* manager() const noexcept { return manager_.get(); }
  template <class U>
  friend bool operator==(heap_allocator const& a, heap_allocator<U> const& b) noexcept {
    return a.manager() == b.manager();
  }

 private:
  boost::interprocess::offset_ptr<heap_manager> manager_;
};

kind_operations const& heap_operations();
inline bool const heap_is_registered = register_kind(heap_operations());

// A handle: process-local, cheap to copy, safe to share between threads; what it gives out is as safe as it is.
// Calls throw errc::corrupt_structure once the heap was given up, forked where that applies. A read-only segment's heap
// cannot be attached: looking takes the mutex as well.
class heap {
 public:
  using shape = heap_shape;

  static structure_identity identity() { return {"heap", 1, &descriptor_of<std::uint8_t>()}; }
  static result<std::uint64_t> bytes_for(shape const& asked);
  static void format(std::span<std::byte> body, shape const& asked);
  static result<heap> adopt(std::shared_ptr<attached_entry> entry);

  template <class T>
  heap_allocator<T> allocator() const noexcept {
    return heap_allocator<T>{memory_->get_segment_manager()};
  }
  // An object with a name in this heap. nullptr: the name is taken. Throws std::bad_alloc.
  template <class T, class... Args>
  T* construct(char const* name, Args&&... args) const {
    require_writable(*entry_, "construct");
    return no_room([&] { return memory_->construct<T>(name, std::nothrow)(std::forward<Args>(args)...); },
                   [&] { return memory_->find<T>(name).first != nullptr; });
  }
  // nullptr: there is none of that name and type.
  template <class T>
  T* find(char const* name) const {
    require_writable(*entry_, "find");
    return memory_->find<T>(name).first;
  }
  // Of many who do this at once one constructs.
  template <class T, class... Args>
  T* find_or_construct(char const* name, Args&&... args) const {
    require_writable(*entry_, "construct");
    return no_room([&] { return memory_->find_or_construct<T>(name, std::nothrow)(std::forward<Args>(args)...); },
                   [] { return false; });
  }
  // False: there was none.
  template <class T>
  bool destroy(char const* name) const {
    require_writable(*entry_, "destroy");
    return memory_->destroy<T>(name);
  }

  std::uint64_t capacity() const noexcept { return memory_->get_size(); }
  std::uint64_t free_bytes() const noexcept { return memory_->get_free_memory(); }
  // Whether all that Boost stores fits together. Slow; for tests.
  bool is_sane() const { return memory_->check_sanity(); }

 private:
  heap(std::shared_ptr<attached_entry> entry, std::shared_ptr<heap_memory> memory) noexcept
      : entry_{std::move(entry)}, memory_{std::move(memory)} {}

  template <class Make, class MayFail>
  static auto no_room(Make make, MayFail may_fail) {
    auto* const made = make();
    if (made == nullptr && !may_fail()) throw std::bad_alloc{};
    return made;
  }

  std::shared_ptr<attached_entry> entry_;
  std::shared_ptr<heap_memory> memory_;  // where the bytes are, in this process
};

}  // namespace stoa
