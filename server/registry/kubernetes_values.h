// Reading what kube-apiserver wrote: from its values to the store's own form.
//
// kube-apiserver writes built-in kinds as protobuf (its default) or as JSON (the operator's
// choice), custom resources and what aggregated servers keep always as JSON. A kind may have been
// stored in another version than the one it is stored in here. Thread rule: free functions, any
// thread.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "registry/kubernetes_keys.h"

namespace limen::registry {

// Why a value cannot be read: a sentence that does not tell the value.
class UnreadableValue : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// True for a value that is in the store's own form already (object/canonical.h), of the version
// this server stores. Does not parse.
bool is_store_form(const KubernetesKeys::Place& place, std::string_view value);

// The store's form of any other value. Throws UnreadableValue.
std::string store_form(const KubernetesKeys::Place& place, std::string_view value);

}  // namespace limen::registry
