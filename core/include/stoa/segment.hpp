// stoa/segment.hpp: named memory that processes find each other in.
//
//   auto market = stoa::segment::open_or_create("market", 64_MiB);
//   auto trades = market.publish_or_attach<stoa::queue<trade>>("trades", 4096);
//
// A segment object is a place in the segment: the process counts as attached while the object, a
// copy, or any handle made from it lives. The last process to leave a reference-counted segment
// removes its name; one that is killed leaves at that moment, and what it had published stays.
//
// Thread safety   all members may be called at the same time from any thread.
// Fork            the child must open for itself: inherited objects refuse with errc::forked.
// Errors          cold calls throw stoa::error; the try_ forms return result<T>.
// Crash           docs/crash.md, cases S1 to S9.
#pragma once
#include <cstdint>
#include <memory>
#include <stoa/attachment.hpp>
#include <stoa/base/literals.hpp>
#include <stoa/base/result.hpp>
#include <stoa/segment_options.hpp>
#include <stoa/snapshot.hpp>
#include <stoa/verify.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stoa {

// What a type must offer to be published under a name: see array.hpp for the smallest example.
//   identity()         kind, layout and element type
//   shape              what the creator chooses (a capacity), made from publish()'s arguments
//   bytes_for(shape)   the size of its bytes, or invalid_argument / no_space
//   format(span, shape)  makes them, in zeroed memory that nobody else sees
//   adopt(entry)       a handle on bytes that somebody else made: validates them
template <class S>
concept structure = requires(typename S::shape const& shape, std::span<std::byte> bytes,
                             std::shared_ptr<attached_entry> entry) {
  { S::identity() } -> std::same_as<structure_identity>;
  { S::bytes_for(shape) } -> std::same_as<result<std::uint64_t>>;
  S::format(bytes, shape);
  { S::adopt(std::move(entry)) } -> std::same_as<result<S>>;
};

// An entry of the name table, as it was when entries() was called.
class entry {
 public:
  entry(entry_view const& view, std::string type) : view_{view}, type_{std::move(type)} {}
  std::string_view name() const noexcept { return view_.name(); }
  std::string_view kind() const noexcept { return view_.kind(); }
  // The element type's descriptor (type_descriptor.hpp).
  std::string const& type() const noexcept { return type_; }
  std::uint64_t element_bytes() const noexcept { return view_.record.element_bytes; }
  std::uint64_t bytes() const noexcept { return view_.record.extent_bytes; }
  std::uint64_t offset() const noexcept { return view_.record.extent_offset; }
  std::uint32_t creator_pid() const noexcept { return view_.record.creator_pid; }
  // Nanoseconds since 1970.
  std::uint64_t created_ns() const noexcept { return view_.record.created_ns; }
  // The bytes themselves, for tools (kinds.hpp). They are not kept from being erased.
  entry_view const& view() const noexcept { return view_; }

 private:
  entry_view view_;
  std::string type_;
};

// A place in the segment, as it was when participants() was called.
class participant {
 public:
  std::uint64_t pid = 0;         // as seen in its own pid namespace
  std::uint64_t start_time = 0;  // clock ticks after boot
  std::uint64_t attached_ns = 0;  // since 1970
  std::string command;
  bool alive = false;  // false: it was killed and its place not yet used again
  std::vector<std::string> holds;  // names it has attached
  std::uint32_t lanes = 0;         // threads of it that have named or may name what they take
  std::uint32_t leases = 0;        // elements claimed and not yet committed
};

class segment {
 public:
  // Fails with already_exists if the name is taken, whoever lives in it. `bytes` is what structures may
  // use; the tables come on top. no_space if the file system cannot hold the tables, or, on a disk, all of it.
  static segment create(std::string_view name, std::uint64_t bytes, segment_options const& options = {}) {
    return try_create(name, bytes, options).value();
  }
  // Fails with not_found; and, for a file that is not a segment, with empty_file, foreign_file,
  // unsupported_version, wrong_byte_order, truncated, corrupt_segment or untrusted_file. Like publish, erase and
  // remove it waits for whoever is changing the name table; held_up if that does not end within ten seconds.
  static segment open(std::string_view name, backing const& where = backing::shared_memory()) {
    return try_open(name, where).value();
  }
  // Any number of processes may race: one creates, the others open what it made.
  static segment open_or_create(std::string_view name, std::uint64_t bytes,
                                segment_options const& options = {}) {
    return try_open_or_create(name, bytes, options).value();
  }
  // Maps the segment without the right to write, and registers nowhere: such a reader disturbs nobody,
  // does not count, and does not keep entries from being erased under it.
  static segment open_read_only(std::string_view name, backing const& where = backing::shared_memory()) {
    return try_open_read_only(name, where).value();
  }
  // Removes the name; those who are attached go on. False: there is none.
  static bool remove(std::string_view name, backing const& where = backing::shared_memory()) {
    return try_remove(name, where).value();
  }
  // Removes the name if no process lives in the segment. False: there is none, or it is in use.
  static bool remove_unused(std::string_view name, backing const& where = backing::shared_memory()) {
    return try_remove_unused(name, where).value();
  }
  // The names of all segments there that this user may read, damaged ones included.
  static std::vector<std::string> list(backing const& where = backing::shared_memory());

  static result<segment> try_create(std::string_view name, std::uint64_t bytes,
                                    segment_options const& options = {});
  static result<segment> try_open(std::string_view name, backing const& where = backing::shared_memory());
  static result<segment> try_open_or_create(std::string_view name, std::uint64_t bytes,
                                            segment_options const& options = {});
  static result<segment> try_open_read_only(std::string_view name,
                                            backing const& where = backing::shared_memory());
  static result<bool> try_remove(std::string_view name, backing const& where = backing::shared_memory());
  static result<bool> try_remove_unused(std::string_view name,
                                        backing const& where = backing::shared_memory());

  // Makes a structure and gives it a name, all at once: others see it whole or not at all. Names have 1 to
  // 63 bytes. Throws name_taken, no_space, too_many_entries, invalid_name, invalid_argument, read_only.
  // Waits while a live process is in the middle of publishing the same name; being_published if that does
  // not end within ten seconds.
  template <structure S, class... Shape>
  S publish(std::string_view name, Shape&&... shape) const {
    return try_publish<S>(name, std::forward<Shape>(shape)...).value();
  }
  template <structure S, class... Shape>
  result<S> try_publish(std::string_view name, Shape&&... arguments) const {
    typename S::shape const shape(std::forward<Shape>(arguments)...);
    auto const bytes = S::bytes_for(shape);
    if (!bytes) return about(name, bytes.error());
    auto made = attachment_->publish(name, S::identity(), *bytes,
                                     [&](std::span<std::byte> body) { S::format(body, shape); });
    if (!made) return made.error();
    return S::adopt(std::move(*made));
  }

  // A handle on what is published under the name. Throws no_such_name, kind_mismatch, type_mismatch (with
  // both descriptors), layout_mismatch, corrupt_structure. Takes no lock that another process could hold.
  template <structure S>
  S attach(std::string_view name) const {
    return try_attach<S>(name).value();
  }
  template <structure S>
  result<S> try_attach(std::string_view name) const {
    auto found = attachment_->attach(name, S::identity());
    if (!found) return found.error();
    return S::adopt(std::move(*found));
  }

  // Whichever of the two works: for processes that start in any order. What exists keeps its shape.
  template <structure S, class... Shape>
  S publish_or_attach(std::string_view name, Shape&&... shape) const {
    return try_publish_or_attach<S>(name, std::forward<Shape>(shape)...).value();
  }
  template <structure S, class... Shape>
  result<S> try_publish_or_attach(std::string_view name, Shape const&... shape) const {
    for (;;) {
      auto attached = try_attach<S>(name);
      if (attached || attached.error().code() != errc::no_such_name) return attached;
      auto published = try_publish<S>(name, shape...);
      if (published || published.error().code() != errc::name_taken) return published;
    }
  }

  // Takes the name away; false if there is none. Those who have it attached go on with its bytes, which
  // are handed out again when the last of them lets go or dies.
  bool erase(std::string_view name) const { return try_erase(name).value(); }
  result<bool> try_erase(std::string_view name) const { return attachment_->erase(name); }

  std::string_view name() const noexcept { return attachment_->name(); }
  // Bytes of the whole segment, tables included.
  std::uint64_t size() const noexcept { return attachment_->map().layout().total_bytes; }
  // Bytes that no entry covers. A snapshot, and perhaps not in one piece.
  std::uint64_t free_bytes() const { return attachment_->free_bytes(); }
  // Attached processes (or objects: each open counts), asked of the kernel: right at once after kill -9.
  // 0 in a forked child, which is not attached itself.
  std::uint32_t reference_count() const noexcept { return attachment_->reference_count(); }
  bool is_read_only() const noexcept { return attachment_->is_read_only(); }
  stoa::lifetime lifetime() const noexcept;
  snapshot<entry> entries() const;
  snapshot<participant> participants() const;
  // Looks at everything for damage, and finds none that is not there, whatever others do meanwhile. Writes nothing;
  // works on a read-only segment, too. Throws forked.
  verification verify(others who = others::may_work) const { return attachment_->verify(who); }

  // For structures and tools.
  stoa::attachment& attachment() const noexcept { return *attachment_; }

 private:
  explicit segment(std::shared_ptr<stoa::attachment> attachment) : attachment_{std::move(attachment)} {}
  static result<segment> wrap(result<std::shared_ptr<stoa::attachment>> attachment);
  failure about(std::string_view name, failure const& reason) const;

  std::shared_ptr<stoa::attachment> attachment_;
};

}  // namespace stoa
