// Samples: questions to ask a plugin of each kind, from the plain to the odd.
//
// Every text is UTF-8, as a host gives it, and much of it is not ASCII.
#pragma once

#include <string>
#include <vector>

#include "limen/testkit/instance.hpp"

namespace limen::module_check {

enum class Ask { authenticate, authorize, rules_for, admit, validate };

struct Sample {
  Ask what = Ask::authenticate;
  testkit::AuthnRequest request{};
  testkit::Action action{};
  testkit::Review review{};
};

// For a plugin of this kind; `objects` are the vendor's own, for admission.
std::vector<Sample> samples_for(const std::string& kind, std::uint32_t operations,
                                const std::vector<testkit::Json>& objects);

// The same question from somebody else, by number.
Sample numbered(Sample sample, std::size_t number);

// A config the schema allows, as small as it can be: defaults, and values for what is required.
testkit::Json smallest_config(const testkit::Json& schema);
// More of them: each property at its edges. At most `limit`.
std::vector<testkit::Json> edge_configs(const testkit::Json& schema, std::size_t limit);

}  // namespace limen::module_check
