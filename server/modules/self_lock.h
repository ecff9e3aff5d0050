// The self-lock guard of the configuration: admission modules that may keep from being written what
// would bring them back.
//
// A module that asks another service refuses, with failurePolicy Fail, everything it is asked about
// while that service does not answer: the service's own pods and endpoints too, unless it leaves
// them out. The modules that ask what WebhookConfigurations say are looked at by themselves, when a
// configuration is written. Free functions; any thread, but self_locks() loads modules: the control
// thread.
#pragma once

#include <string>
#include <vector>

#include "modules/loader.h"
#include "modules/module_spec.h"

namespace limen::modules {

// One sentence with the way out; empty when there is nothing to warn of. Warned of is an admission
// module that decides (no shadow), needs the host's HTTP table, and has failurePolicy Fail; not one
// whose config exempts namespaces (`exemptNamespaces`, or `exemptions` with `namespaces`) or lets
// pass what could not be asked about (`defaultAllow: true`, in `imagePolicy` too).
std::string self_lock(const ModuleSpec& spec, const DescriptorInfo& descriptor);

// The same for each admission module. One that cannot be loaded is passed over.
std::vector<std::string> self_locks(const GenerationSpec& spec, Loader& loader);

}  // namespace limen::modules
