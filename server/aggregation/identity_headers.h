// Telling a server behind this one who asks, as a front proxy does.
//
// The fields X-Remote-User, X-Remote-Uid, X-Remote-Group and X-Remote-Extra-KEY carry the identity
// this server found, after impersonation. The server behind believes them because of this server's
// client certificate, so none of a client's own may get through, nor may the client's credential.
// Free functions, any thread.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "request/identity.h"

namespace limen::aggregation {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

// The fields that say who `user` is. Values are as they are; the key of an extra is
// percent-encoded where it holds what a field name may not (RFC 9110 section 5.1).
HeaderList identity_headers(const request::Identity& user);

// The fields of a client that are not passed on: credentials, identities, impersonation. A trailing
// "*" stands for any end.
std::vector<std::string> withheld_headers();

}  // namespace limen::aggregation
