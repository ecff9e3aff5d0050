// Failure: why a call failed, and what that says of what it asked for.
#pragma once

#include <string>

namespace grpc {
class Status;
}

namespace limen_etcd {

struct Failure {
  enum class Kind {
    unreachable,  // nothing was done, because nobody was reached or nobody could; try again
    unknown,      // it may have been done, or be done later
    token,        // nothing was done: the token is not (or no longer) good
    compacted,    // the revision asked for has been forgotten
    lease,        // nothing was done: there is no such lease
    refused,      // nothing was done, and asking again gets the same answer
  };
  Kind kind = Kind::refused;
  bool answered = false;  // etcd said so itself; otherwise it is the connection's failure
  bool late = false;      // no answer in the time it was given
  std::string text;       // one sentence, naming the endpoint

  // Worth asking again, for a question that changes nothing.
  bool passing() const {
    return kind == Kind::unreachable || kind == Kind::unknown || kind == Kind::token;
  }
};

// What a status that is not OK means.
Failure failure_of(const grpc::Status& status, const std::string& endpoint);

}  // namespace limen_etcd
