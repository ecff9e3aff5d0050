// What kube-apiserver lets through of its store when a write names another object than the stored
// one.
//
// Clients have learnt to look for these words. Thread rule: any thread.
#pragma once

#include <string>
#include <string_view>

#include "api/call.h"

namespace limen::api {

// The 409 of an object whose uid is not the one that was asked for; `found` is empty for an object
// that is not there.
base::ApiError other_uid(const Call& call, std::string_view name, std::string_view wanted,
                         std::string_view found);

}  // namespace limen::api
