// results.hpp: what all rounds found, and how it is summed up.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "registry.hpp"

namespace stoa::benchmarks {

struct summary {
  double median = 0;
  double low = 0;   // quartiles
  double high = 0;
};
summary summed_up(std::vector<double> const& all);

// A subject in a case, with one value of each round, and what the floor was then.
struct series {
  std::string family;
  std::string name;
  std::string subject;
  std::string unit;
  better wanted = better::higher;
  std::map<unsigned, double> by_round;

  std::vector<double> values() const;
  summary sum() const { return summed_up(values()); }
};

class results {
 public:
  void add(unsigned round, std::string const& family, std::string const& subject, measurement const& found);
  void fail(std::string const& subject, std::string const& heading, std::string const& why);

  std::vector<series> const& all() const noexcept { return all_; }
  std::vector<std::string> const& failures() const noexcept { return failures_; }
  bool has_failed(std::string const& subject) const;

  // How many times better than stoa it is: the median of what rounds say that both were in. 0: there are none.
  double against_stoa(series const& which) const;
  std::string json() const;

 private:
  std::vector<series> all_;
  std::vector<std::string> failures_;
  std::vector<std::string> failed_subjects_;
};

}  // namespace stoa::benchmarks
