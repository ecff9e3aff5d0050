// Emptying a namespace: every object in it is deleted as a client's delete would, and what cannot
// go yet is counted.
//
// Thread rule: the loop's thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "aggregation/remote_servers.h"
#include "base/task.h"
#include "controllers/objects.h"

namespace limen::controllers {

// What is still there: because finalizers have to be removed by others, or because pods have time
// to end.
struct Remains {
  std::map<std::string, std::int64_t> resources;   // "pods." or "deployments.apps"; objects
  std::map<std::string, std::int64_t> finalizers;  // by name; objects
  // Group versions of API servers behind this one of which it is not known what they hold: why, by
  // "group/version".
  std::map<std::string, std::string> undiscovered = {};
  std::vector<std::string> failures = {};  // what could not be deleted there: why
  bool empty() const { return resources.empty() && undiscovered.empty() && failures.empty(); }
};

// Goes through every namespaced resource of the catalog, then through those of API servers behind
// this one; `servers` is how they are asked, null: they are not, and count as undiscovered. Throws
// StoreError.
base::Task<Remains> empty_namespace(Objects& objects, const aggregation::RemoteServers* servers,
                                    std::string ns);

// remote_content.cpp: the second half. `remains` outlives the task.
base::Task<void> empty_remote_namespace(base::Executor& loop,
                                        const aggregation::RemoteServers* servers, std::string ns,
                                        Remains& remains);

}  // namespace limen::controllers
