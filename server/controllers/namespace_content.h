// Emptying a namespace: every object in it is deleted as a client's delete would, and what cannot
// go yet is counted.
//
// Thread rule: the loop's thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/task.h"
#include "controllers/objects.h"

namespace limen::controllers {

// What is still there: because finalizers have to be removed by others, or because pods have time
// to end.
struct Remains {
  std::map<std::string, std::int64_t> resources;   // "pods." or "deployments.apps"; objects
  std::map<std::string, std::int64_t> finalizers;  // by name; objects
  bool empty() const { return resources.empty(); }
};

// Goes through every namespaced resource of the catalog. Throws StoreError.
base::Task<Remains> empty_namespace(Objects& objects, std::string ns);

}  // namespace limen::controllers
