#include "config/keys.h"

#include "config/options.h"

namespace limen::config {

std::vector<std::string> keys_in(Map map) {
  switch (map) {
    case Map::top: {
      std::vector<std::string> keys = {"apiVersion",       "kind",      "controllers", "storage",
                                       "admissionPlugins", "moduleKeys"};
      keys.insert(keys.end(), std::begin(kSections), std::end(kSections));
      keys.insert(keys.end(), std::begin(kModuleLists), std::end(kModuleLists));
      return keys;
    }
    case Map::module_entry:
      return {"name",     "module", "timeout",   "maxCalls",    "sha256",
              "signedBy", "mode",   "isolation", "memoryLimit", "config"};
    case Map::admission_entry:
      return {"name", "module",    "timeout",     "maxCalls", "sha256",       "signedBy",
              "mode", "isolation", "memoryLimit", "config",   "failurePolicy"};
    case Map::storage:
      return {"name",     "module",     "timeout",    "sha256",
              "signedBy", "encryption", "staleReads", "config"};
    case Map::sni_certificate:
      return {"certFile", "keyFile", "names"};
    case Map::controllers:
      return {"disabled", "rootCAFile", "eventTTL"};
    case Map::admission_plugins:
      return {"enable", "disable"};
  }
  return {};
}

}  // namespace limen::config
