// The plugin that stands in the server for one that lives in another process.
#pragma once

#include "isolation/process.h"
#include "limen/limen.h"

namespace limen::isolation {

// A new plugin; destroy() frees it. Null when the descriptor is of a kind that cannot be isolated.
const limen_plugin* make_remote_plugin(const limen_host* host,
                                       const modules::DescriptorInfo& descriptor,
                                       std::shared_ptr<ModuleProcess> process);

}  // namespace limen::isolation
