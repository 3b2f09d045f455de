// hostile.hpp: segments with damaged bytes, each tried in a child process: a crash names the damage that caused
// it, a hang is ended by an alarm, and the sweep goes on behind it, so that one run finds all.
//
//   child_program const swept{"swept", [](child_arguments const& a) {
//     return try_each(a, [](hostile_trial const& trial) { trial.write_damaged(); use(trial.name); });
//   }};
//   sweep("swept", specimen, damages);
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stoa/segment.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "child.hpp"

namespace stoa::testing {

// Some bytes of a segment: "header", "participants", "attachments", "lanes", "name words", and of each structure
// "entry" (its record) and "structure" (header, elements and the type's descriptor).
struct range {
  std::string_view part;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

struct specimen {
  std::vector<std::byte> bytes;
  std::vector<range> ranges;
  // Those of that name, in the order in which they lie.
  std::vector<range> parts(std::string_view part) const;
};
// The segment as a process leaves it that is killed now.
specimen specimen_of(segment const& made);

// `bytes` bytes (1 or 8) at `at` are overwritten with `with`.
struct damage {
  std::uint64_t at = 0;
  std::uint64_t bytes = 0;
  std::uint64_t with = 0;
  void apply(std::byte* base) const noexcept;
};

// Each byte of it: 0x00, 0xff and something else.
std::vector<damage> damages_of_bytes(range const& where);
// Each bit of it, each byte as above, and each word: numbers that bounds are made of, its own index, and
// what stands in the other words, so that links lead to where they should not.
std::vector<damage> damages_of_bits_bytes_and_words(specimen const& whole, range const& where);

struct hostile_trial {
  std::string name;  // of the segment to be made
  std::vector<std::byte> const& good;
  damage what;
  std::uint64_t number;      // of this trial
  child_arguments more;      // what sweep() was given

  // Each trial has a file of its own: those who are attached to the last one do not matter.
  void write(std::function<void(std::byte*)> const& change) const;
  void write_undamaged() const;
  void write_damaged() const;
};

// What anybody may do with a damaged segment. Errors are fine; everything else but a value is not. Each call has
// its own time: generous, as the machine may be busy; a hang lasts for ever.
void tolerate(std::function<void()> const& call);
// Ends a child whose call gave what no damage may make it give.
void insist(bool condition, char const* what);

// The main part of a child program that sweep() starts. Returns its exit status.
int try_each(child_arguments const& arguments, std::function<void(hostile_trial const&)> const& trial);

// Tries all damages, in so many processes of that program. Each that ends its process is a failure of the test.
void sweep(std::string_view program, specimen const& whole, std::vector<damage> const& damages,
           child_arguments const& more = {}, unsigned processes = 1);

}  // namespace stoa::testing
