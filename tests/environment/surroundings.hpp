// surroundings.hpp: what a child program changes about its own surroundings before it uses a segment: its user, its
// limits, its namespaces. Always in a child: the test itself stays what it was.
#pragma once
#include <sys/resource.h>

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>

#include "child.hpp"

namespace stoa::testing {

// In a child: ends it with status 99 and says what was not as it must be.
void demand(bool condition, std::string const& what);

// The status of a child that may not make the surroundings it needs. Its test is skipped and says so.
inline constexpr int not_possible_here = 77;

// Starts the program and waits for its end.
child_status run_child(std::string_view program, child_arguments const& arguments = {});

// That user, or "nobody", and none of root's rights. False: this user may not.
bool become(std::uint32_t user);
bool become_nobody();
std::uint32_t user_nobody();

// Only the soft limit: it can be lifted again.
void limit(__rlimit_resource what, std::uint64_t most);
void no_limit(__rlimit_resource what);

// Mounts of its own, which end with the process. False: this user may not.
bool have_own_mounts();
bool mount_there(std::filesystem::path const& where, std::string const& type, std::string const& options);

// What the descriptors of this process refer to, as /proc tells it.
std::multiset<std::string> open_files();
// The rights ("r--s") of this process's mappings of that file.
std::multiset<std::string> rights_of_mappings(std::string_view path);

}  // namespace stoa::testing
