// Versions: the object of one review in the other versions of its API.
//
// What a controller needs that hands objects on to somebody who knows them in one version only. A
// review's; shared, because a question may outlive the request. Any thread, but for convert(),
// which runs on the loop of its scope.
#pragma once

#include <string>
#include <vector>

#include "base/task.h"
#include "object/document.h"
#include "request/call_scope.h"

namespace limen::admission {

// A version in which the resource of a review is served, and the kind of the objects that travel
// there: a subresource (scale) may have one of another group.
struct Version {
  std::string group, version;
  std::string kind_group, kind_version, kind;
};

class Versions {
 public:
  virtual ~Versions() = default;
  // Those in which the same objects may be written, the one of the request first. May wait for
  // another process: not on an I/O loop.
  virtual std::vector<Version> all() const = 0;
  // `object` (apiVersion and kind say what it is) as it is in the target's kind. Throws ApiError:
  // 400 when one of the two is none of these versions, 500 when it cannot be converted.
  virtual base::Task<object::Json> convert(object::Json object, Version target,
                                           request::CallScope& scope) const = 0;
};

}  // namespace limen::admission
