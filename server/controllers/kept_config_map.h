// A ConfigMap that a controller keeps as it should be.
//
// Thread rule: the loop's thread.
#pragma once

#include <functional>
#include <string>

#include "base/task.h"
#include "controllers/objects.h"

namespace limen::controllers {

inline const storage::ResourceId kConfigMapResource{"", "configmaps"};

// Puts right what `correct` finds wrong with a ConfigMap, which has a type, a name and a namespace
// and nothing else when it is not there. It answers whether it changed anything; nothing is written
// otherwise.
using CorrectConfigMap = std::function<bool(object::Json& config_map)>;

// Looks at one ConfigMap and writes it when it is not as it should be. One that is immutable is
// deleted, so that it is made anew when it has gone. False when somebody else was first. Throws
// StoreError.
base::Task<bool> keep_config_map(Objects& objects, std::string ns, std::string name,
                                 CorrectConfigMap correct);

}  // namespace limen::controllers
