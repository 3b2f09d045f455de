// stoa/base/errc.hpp: the closed set of things that can go wrong, and how they are told.
//
// errc      what went wrong, for programs; values are part of the interface and never change meaning
// failure   errc + a sentence for people; what a result<T> carries
// error     the exception that cold calls throw; a std::system_error whose what() is that sentence
#pragma once
#include <cstdint>
#include <string>
#include <system_error>

namespace stoa {

enum class errc : std::int32_t {
  // finding and making a segment
  not_found = 1,           // no segment of that name
  already_exists = 2,      // create() of a name that is taken
  invalid_name = 3,        // empty, too long, with '/' or NUL, or starting with '.'
  permission_denied = 4,   // the operating system refuses this user
  no_space = 5,            // segment or file system too small
  invalid_argument = 6,    // a size, capacity or option that cannot be served
  // a file that is not, or not any more, a segment this library can use
  empty_file = 10,           // all zero or zero bytes long
  foreign_file = 11,         // not a stoa segment
  unsupported_version = 12,  // a format this library does not know
  wrong_byte_order = 13,     // written by a machine of the other endianness
  truncated = 14,            // shorter than its header says
  corrupt_segment = 15,      // header, name table or participants contradict themselves
  untrusted_file = 16,       // another user's, or one with a second name (docs/security.md)
  // limits chosen at creation
  too_many_participants = 20,
  too_many_entries = 21,
  too_many_threads = 22,  // no lane left
  too_many_leases = 23,   // more elements claimed and not committed than lanes can name
  // names and what they mean
  no_such_name = 30,
  name_taken = 31,
  kind_mismatch = 32,      // another structure
  type_mismatch = 33,      // another element type
  layout_mismatch = 34,    // another layout version of the same structure
  corrupt_structure = 35,  // the structure's own header contradicts its extent
  being_published = 36,    // a live process is in the middle of publishing that name, and does not end
  // use
  read_only = 40,         // a change through open_read_only
  role_taken = 41,        // the producer's or consumer's role belongs to a live process
  forked = 42,            // the handle was inherited through fork; open the segment in the child
  held_up = 43,           // a live process has the segment's admin lock, and does not let go
  system_failure = 50,    // the operating system failed in a way not listed above
  not_supported = 51,     // this kernel or file system lacks something that stoa needs
  // synchronisation (stoa/sync)
  owner_died = 60,         // the holder of a lock died, and nobody has put right yet what it was changing
  would_deadlock = 61,     // the calling thread would wait for itself
  not_owner = 62,          // let go by a thread that does not hold it
  broken_promise = 63,     // who had promised a value is gone and did not give it
  already_satisfied = 64,  // the promise was kept before
  // connections (channel)
  timed_out = 70,             // nobody answered in time
  not_listening = 71,         // nobody alive accepts connections
  too_many_connections = 72,  // all places for connections are taken
  version_mismatch = 73,      // the two sides share no version of their protocol
  terms_mismatch = 74,        // what one side requires the other refuses
  connection_closed = 75,     // the other side is gone, or this one has closed
  // calls (exchange)
  server_died = 80,     // with the request, or before it could take it
  no_free_slot = 81,    // as many calls are under way as there are slots
  handler_failed = 82,  // the server's handler threw
  reserved_type = 83,   // a message type that is the library's own
  too_large = 84,       // more bytes than fit
  closed = 85,          // used after it was closed, given back or cancelled
};

std::error_category const& error_category() noexcept;

inline std::error_code make_error_code(errc code) noexcept {
  return {static_cast<int>(code), error_category()};
}

class [[nodiscard]] failure {
 public:
  failure() = default;  // no failure: what boost's result returns as the error of a value
  failure(errc code, std::string message) : code_{code}, message_{std::move(message)} {}
  errc code() const noexcept { return code_; }
  std::string const& message() const noexcept { return message_; }
  operator std::error_code() const noexcept { return make_error_code(code_); }

 private:
  errc code_{};
  std::string message_;
};

class error : public std::system_error {
 public:
  explicit error(failure const& reason);
  char const* what() const noexcept override { return message_.c_str(); }

 private:
  std::string message_;
};

}  // namespace stoa

template <>
struct std::is_error_code_enum<stoa::errc> : std::true_type {};
