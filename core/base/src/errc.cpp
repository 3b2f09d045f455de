#include <stoa/base/errc.hpp>

namespace stoa {
namespace {

char const* text(errc code) noexcept {
  switch (code) {
    case errc::not_found: return "no such segment";
    case errc::already_exists: return "the segment exists already";
    case errc::invalid_name: return "not a valid name";
    case errc::permission_denied: return "permission denied";
    case errc::no_space: return "not enough space";
    case errc::invalid_argument: return "invalid argument";
    case errc::empty_file: return "the file is empty or all zero";
    case errc::foreign_file: return "the file is not a stoa segment";
    case errc::unsupported_version: return "unsupported format version";
    case errc::wrong_byte_order: return "written with another byte order";
    case errc::truncated: return "the file is shorter than its header says";
    case errc::corrupt_segment: return "the segment is damaged";
    case errc::untrusted_file: return "the file is another user's, or has a second name";
    case errc::too_many_participants: return "all participant places are taken";
    case errc::too_many_entries: return "the name table is full";
    case errc::too_many_threads: return "all lanes are taken";
    case errc::too_many_leases: return "too many leases are held";
    case errc::no_such_name: return "nothing is published under that name";
    case errc::name_taken: return "the name is published already";
    case errc::kind_mismatch: return "another kind of structure";
    case errc::type_mismatch: return "another element type";
    case errc::layout_mismatch: return "another layout of the structure";
    case errc::corrupt_structure: return "the structure is damaged";
    case errc::being_published: return "another process is publishing the name";
    case errc::read_only: return "attached read-only";
    case errc::role_taken: return "the role belongs to a live process";
    case errc::forked: return "inherited through fork";
    case errc::held_up: return "another process does not let go of the segment";
    case errc::system_failure: return "the operating system failed";
    case errc::not_supported: return "not supported here";
    case errc::owner_died: return "the holder of the lock died";
    case errc::would_deadlock: return "the thread would wait for itself";
    case errc::not_owner: return "held by somebody else, or by nobody";
    case errc::broken_promise: return "the promise was broken";
    case errc::already_satisfied: return "the promise was kept before";
    case errc::timed_out: return "nobody answered in time";
    case errc::not_listening: return "nobody accepts connections";
    case errc::too_many_connections: return "all places for connections are taken";
    case errc::version_mismatch: return "the two sides share no version";
    case errc::terms_mismatch: return "what one side requires the other refuses";
    case errc::connection_closed: return "the connection is closed";
    case errc::server_died: return "the server died";
    case errc::no_free_slot: return "no slot is free";
    case errc::handler_failed: return "the server's handler threw";
    case errc::reserved_type: return "the message type is reserved";
    case errc::too_large: return "too large";
    case errc::closed: return "closed before";
  }
  return "unknown error";
}

class category final : public std::error_category {
 public:
  char const* name() const noexcept override { return "stoa"; }
  std::string message(int code) const override { return text(static_cast<errc>(code)); }
};

}  // namespace

std::error_category const& error_category() noexcept {
  static category const instance;
  return instance;
}

error::error(failure const& reason)
    : std::system_error{make_error_code(reason.code())}, message_{reason.message()} {}

}  // namespace stoa
