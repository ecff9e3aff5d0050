// What clients are told of the store itself: what kube-apiserver lets through of its own when a
// write names another object than the stored one, and that the store is away.
//
// Clients have learnt to look for the words of the former; the latter say nothing of addresses or
// of what the driver said. Thread rule: any thread.
#pragma once

#include <string>
#include <string_view>

#include "api/call.h"
#include "base/api_error.h"

namespace limen::api {

// The 409 of an object whose uid is not the one that was asked for; `found` is empty for an object
// that is not there.
base::ApiError other_uid(const Call& call, std::string_view name, std::string_view wanted,
                         std::string_view found);

// 503: nothing was read or stored. Retry-After has clients try again by themselves, of whatever
// verb.
base::ApiError store_unavailable();
// 504: the store did not tell in time whether memory is new enough. Nothing was stored either.
base::ApiError not_confirmed();
// 504: a write may have been stored or not. Without Retry-After, by which client-go repeats any
// request that got a 5xx: a second create could find the first one's object. Whoever asked has to
// look.
base::ApiError unknown_outcome();

}  // namespace limen::api
