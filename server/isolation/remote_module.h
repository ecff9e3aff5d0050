// A module that lives in a process of its own, as the modules room sees any module.
//
// Its factory makes plugins that put every call to the process and complete it when the answer
// comes, so that deadlines, the breaker, failure policies and metrics of calls are those of every
// other module.
#pragma once

#include "isolation/process.h"

namespace limen::isolation {

// Starts the process for one instance and has it load the module. Throws LoadError.
modules::LoadedModulePtr load_isolated(ProcessOptions options, base::Deadline deadline);

}  // namespace limen::isolation
