// What a new generation changes, instance by instance.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "modules/generation.h"

namespace limen::modules {

// kept: the same running instance. moved: the same running instance, asked at another place among
// those that were kept. reconfigured, upgraded: a new instance, because its entry is another, or
// its module's file.
enum class Change { added, removed, reconfigured, upgraded, moved, kept };

// "added" and so on, in lower case.
std::string_view change_name(Change change);

struct InstanceChange {
  Kind kind = Kind::authenticator;
  std::string name;
  Change what = Change::kept;
  bool operator==(const InstanceChange&) const = default;
};

// In the order of the new generation, what is gone at the end. `before` may be null: everything is
// added. Any thread.
std::vector<InstanceChange> changes_between(const Generation* before, const Generation& after);

}  // namespace limen::modules
