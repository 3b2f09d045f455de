// stoa/ring_bytes.hpp: the algorithm of ring<T>, for a payload of any size.
//
// Bytes     docs/format.md "ring", layout 1: ring_header, then bit_ceil(capacity + 1) slots of whole words.
// Progress  A push is wait-free. A read starts over only when the producer went on by more than the spare
//           slots during the copy; a pop also when another consumer was faster.
// Crash     A push, of one or many, has one store that counts, R1; a pop one CAS, R2. Dying before, it
//           never happened; nothing is to be repaired. (docs/crash.md, G1 to G5)
//
// position   free-running number of a sample; its slot is position & mask
// published  samples before it can be read           announced  slots of positions before it may be written
// held       what can be read: the last `capacity` samples, less what an announcement has reached
//
//     oldest held          published    announced
//   ------+--------------------+------------+------>        announced - published <= capacity
//         |   readable         |  written   |
//
// I1 announce  no word of a slot is written before `announced` says so: who copied a word of a later lap
//              and then looks at `announced` finds it past position + slots                 R3 -> A3
// I2 publish   the payload is whole before `published` is past it                           R1 -> A1
// I3 forward   `announced` and `published` never go back: a successor starts at `published`, in slots that
//              the dead one may have announced and half written, and announces only what is beyond
// I4 bounded   in bounded mode no slot is announced before `consumed` is past what it holds  R2 -> A2
// I5 spare     there are more slots than `capacity`: the push of one sample, however long it takes, takes
//              nothing away that is held
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <stoa/base/words.hpp>
#include <stoa/kinds.hpp>
#include <stoa/queue_slot.hpp>
#include <stoa/role.hpp>
#include <stoa/structure.hpp>
#include <stoa/waiting.hpp>

namespace stoa {

enum class ring_mode : std::uint64_t {
  overwrite = 0,  // a push never waits: the oldest samples go
  bounded = 1,    // a push waits for the consumers: nothing goes before it was popped
};

struct ring_header {                       // offset size
  std::uint64_t capacity;                  //      0    8  samples held, as asked for
  std::uint64_t first_position;            //      8    8  where all positions started
  std::uint64_t payload_bytes;             //     16    8
  std::uint64_t slot_bytes;                //     24    8  distance between slots: payload_bytes in whole words
  std::uint64_t mode;                      //     32    8  ring_mode
  std::array<std::byte, 88> pad;           //     40   88
  alignas(pad_bytes) atomic_u64 producer;  //    128    8  participant_id of the producer, 0 none
  atomic_u64 announced;                    //    136    8  slots of positions before this may be written
  atomic_u64 published;                    //    144    8  next position to push
  atomic_u64 high_water;                   //    152    8  most unconsumed samples seen (sampled)
  atomic_u64 push_refusals;                //    160    8
  alignas(pad_bytes) atomic_u64 consumed;  //    256    8  next position to pop, shared by the consumers
  atomic_u64 lost;                         //    264    8  overwritten before a consumer came to them
  atomic_u64 pop_refusals;                 //    272    8
  alignas(pad_bytes) wait_flag readers;    //    384    4  readers or consumers sleep for a sample
  wait_flag producers;                     //    388    4  the producer sleeps for room
};
static_assert(offsetof(ring_header, mode) == 32);
static_assert(offsetof(ring_header, producer) == 128);
static_assert(offsetof(ring_header, consumed) == 256);
static_assert(offsetof(ring_header, readers) == 384);
static_assert(sizeof(ring_header) == 512);

struct ring_shape {
  template <std::integral N>
  explicit ring_shape(N count, ring_mode how = ring_mode::overwrite) : capacity{to_count(count)}, mode{how} {}
  // Positions that start elsewhere than at 0: for those who test what happens when they wrap.
  template <std::integral N>
  ring_shape(N count, ring_mode how, std::uint64_t first)
      : capacity{to_count(count)}, mode{how}, first_position{first} {}
  std::uint64_t capacity;
  ring_mode mode;
  std::uint64_t first_position = 0;
};

struct ring_statistics {
  std::uint64_t written = 0;
  std::uint64_t read = 0;           // popped, skipped or lost
  std::uint64_t lost = 0;           // of these: overwritten before a consumer came to them
  std::uint64_t push_refusals = 0;  // calls that found no room: bounded mode only
  std::uint64_t pop_refusals = 0;   // calls that found nothing
  std::uint64_t high_water = 0;     // most samples that waited for a consumer; sampled every 256 pushes and when full
};

// Where a reader may start.
enum class ring_start {
  oldest,  // the oldest sample that is held
  newest,  // the last one that was published
  next,    // what is published from now on
};

// Samples [begin, end): free-running, so end may be the smaller number.
struct ring_range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t size() const noexcept { return end - begin; }
  bool holds(std::uint64_t position) const noexcept { return position - begin < size(); }
};

// Bounds were checked at adopt; nothing they depend on is read again.
class ring_bytes {
 public:
  static result<std::uint64_t> bytes_for(std::uint64_t payload_bytes, ring_shape const& asked);
  static void format(std::span<std::byte> body, std::uint64_t payload_bytes, ring_shape const& asked);
  static result<ring_bytes> adopt(entry_view const& entry);
  // What one slot of this size takes.
  static constexpr std::uint64_t slot_bytes_for(std::uint64_t payload_bytes) noexcept {
    return words_for(payload_bytes) * word_bytes;
  }

  ring_header& header() const noexcept { return *reinterpret_cast<ring_header*>(body_); }
  std::uint64_t capacity() const noexcept { return capacity_; }
  std::uint64_t slots() const noexcept { return mask_ + 1; }
  std::uint64_t payload_bytes() const noexcept { return payload_bytes_; }
  bool is_bounded() const noexcept { return mode_ == ring_mode::bounded; }
  ring_mode mode() const noexcept { return mode_; }

  // Becomes the producer, and returns where to go on. role_taken, read_only, forked, corrupt_structure.
  result<std::uint64_t> take_producer(attached_entry const& entry) const;

  // --- looking: writes nothing ---

  std::uint64_t published() const noexcept {
    return header().published.load(std::memory_order_acquire);  // A1 <- R1 (I2)
  }
  std::uint64_t written() const noexcept { return published() - first_; }
  std::uint64_t consumed() const noexcept {
    return header().consumed.load(std::memory_order_acquire);  // A2 <- R2 (I4)
  }
  std::uint64_t read() const noexcept { return consumed() - first_; }
  // Samples not consumed and not overwritten.
  std::uint64_t was_size() const noexcept {
    auto const from = consumed();  // first, so that `published` is not behind it
    auto const to = published();
    return is_past(to, from) ? std::min(to - from, capacity_) : 0;
  }
  ring_statistics statistics() const noexcept;

  ring_range held() const noexcept {
    // Once the producer may have gone on between the two looks; a thousand times the bytes are damaged.
    constexpr int most_looks = 1000;
    std::uint64_t end = 0;
    for (int look = 0; look < most_looks; ++look) {
      end = published();
      // relaxed: not behind `end` (A1); how far ahead is checked.
      auto const ahead = header().announced.load(std::memory_order_relaxed) - end;
      if (ahead <= mask_) [[likely]]
        return {end - std::min({end - first_, capacity_, slots() - ahead}), end};
    }
    return {end, end};
  }
  std::uint64_t start(ring_start where) const noexcept {
    auto const now = held();
    if (where == ring_start::oldest) return now.begin;
    return where == ring_start::newest && now.size() != 0 ? now.end - 1 : now.end;
  }
  // Where to go on at or after `from`, and how far one may. After having been overtaken several times in a row
  // it leaves more and more room to the producer.
  ring_range readable(std::uint64_t from, unsigned overtaken) const noexcept {
    auto const now = held();
    if (!is_past(now.end, from)) return {from, from};
    if (overtaken > 1) {
      auto const size = now.size();
      auto const farther = now.begin + size - std::max<std::uint64_t>(size >> std::min(overtaken - 1, 63u), 1);
      if (size != 0 && is_past(farther, from)) return {farther, now.end};
    }
    return {is_past(now.begin, from) ? now.begin : from, now.end};
  }

  template <std::size_t Bytes>
  void load(void* to, std::uint64_t position) const noexcept {
    load_words(to, words(position, slot_bytes_for(Bytes)), Bytes);
  }
  void load(void* to, std::uint64_t position) const noexcept {
    load_words(to, words(position, slot_bytes_for(payload_bytes_)), payload_bytes_);
  }
  // After loading: how many of the samples from `from` on may be torn. More than was loaded: all of them.
  std::uint64_t overtaken(std::uint64_t from) const noexcept {
    std::atomic_thread_fence(std::memory_order_acquire);  // A3 <- R3 (I1): after the words
    // relaxed: ordered by A3.
    auto const gone = header().announced.load(std::memory_order_relaxed) - slots();
    return is_past(gone, from) ? gone - from : 0;
  }

  // --- the producer's alone ---

  // Announces the slots up to `end`. `inherited` is what the word said when this producer took its role.
  void announce(std::uint64_t end, std::uint64_t inherited) const noexcept {
    if (is_past(end, inherited)) [[likely]]  // else a dead predecessor has announced them already (I3)
      header().announced.store(end, std::memory_order_relaxed);  // ordered by R3
    // R3 -> A3 (I1): before any word of the payload. Also where nothing was stored: the announcement
    // of the predecessor, once seen here, is seen by whoever sees these words.
    std::atomic_thread_fence(std::memory_order_release);
  }
  template <std::size_t Bytes>
  void store(std::uint64_t position, void const* from) const noexcept {
    store_words(words(position, slot_bytes_for(Bytes)), from, Bytes);
  }
  // The point of effect.
  void publish(std::uint64_t end) const noexcept {
    header().published.store(end, std::memory_order_release);  // R1 -> A1 (I2)
    wake(header().readers);
  }
  void note_fill() const noexcept;

  // --- a consumer's ---

  // The point of effect of a pop: nobody else gets what lies before `end`. False: somebody was faster.
  bool consume(std::uint64_t from, ring_range const& taken) const noexcept {
    // R2 -> A2 (I4): after the copy. A failed CAS carries nothing.
    if (!header().consumed.compare_exchange_strong(from, taken.end, std::memory_order_release,
                                                   std::memory_order_relaxed))
      return false;
    if (from != taken.begin) [[unlikely]] count(header().lost, taken.begin - from);
    wake(header().producers);
    return true;
  }
  static void count(atomic_u64& counter, std::uint64_t by = 1) noexcept {
    counter.fetch_add(by, std::memory_order_relaxed);  // a statistic: nothing hangs on it
  }

 private:
  ring_bytes(std::byte* body, std::uint64_t payload_bytes, ring_shape const& found) noexcept;
  atomic_u64* words(std::uint64_t position, std::uint64_t slot_bytes) const noexcept {
    return reinterpret_cast<atomic_u64*>(body_ + sizeof(ring_header) + (position & mask_) * slot_bytes);
  }

  std::byte* body_;
  std::uint64_t capacity_;
  std::uint64_t mask_;
  std::uint64_t first_;
  std::uint64_t payload_bytes_;
  ring_mode mode_;
};

kind_operations const& ring_operations();

}  // namespace stoa
