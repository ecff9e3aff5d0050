// "May bob get pods?": the words of a command line as the spec of an access review.
//
// Pure functions; any thread.
#pragma once

#include <string>
#include <vector>

#include "object/document.h"

namespace limen::app {

struct AccessQuestion {
  std::string user;
  std::vector<std::string> groups;  // as given; see asked_groups()
  std::string verb;
  std::string path;  // starts with '/'; empty: a resource is meant
  std::string group, version, resource, subresource, ns, name;
  std::string remark;  // something the person who asks should know; empty: nothing
};

// What is asked for besides who asks.
struct AccessWords {
  std::string verb;
  std::string what;        // RESOURCE[/SUBRESOURCE][.GROUP] or /path
  std::string ns;          // as given; empty: not given
  std::string default_ns;  // where none is given
  bool all_namespaces = false;
  std::string name;
};

// The catalog knows the group of a resource, its short names and whether it lies in a namespace; a
// resource it does not know is asked for as it is written. Throws UsageError for words that
// contradict each other.
AccessQuestion make_question(const AccessWords& words);

// The groups somebody called `user` would have who is known by `given` groups: as in impersonation,
// everybody who is authenticated is in system:authenticated, service accounts are in theirs.
std::vector<std::string> asked_groups(const std::string& user, std::vector<std::string> given);

// access.limen.io/v1 AccessReview.
object::Json review_of(const AccessQuestion& question);

}  // namespace limen::app
