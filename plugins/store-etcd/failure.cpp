#include "failure.h"

#include <grpcpp/support/status.h>

#include <string_view>

namespace limen_etcd {

namespace {

using Kind = Failure::Kind;

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// etcd's servers name themselves in what they say; other texts are gRPC's.
bool said_by_etcd(const std::string& text) {
  return text.starts_with("etcdserver:") || text.starts_with("raft") || text.starts_with("auth:");
}

Kind kind_of(grpc::StatusCode code, const std::string& text) {
  // Refused before it was proposed, or never sent.
  if (has(text, "no leader") || has(text, "raft proposal dropped") ||
      has(text, "too many requests") || has(text, "failed to connect to all addresses") ||
      has(text, "not capable")) {
    return Kind::unreachable;
  }
  if (has(text, "has been compacted")) return Kind::compacted;
  if (has(text, "requested lease not found")) return Kind::lease;
  if (has(text, "invalid auth token") || has(text, "user name is empty") ||
      has(text, "revision of auth store is old") || has(text, "revision in header is old")) {
    return Kind::token;
  }
  switch (code) {
    case grpc::StatusCode::UNAUTHENTICATED:
      return Kind::token;
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::INTERNAL:
    case grpc::StatusCode::UNKNOWN:
    case grpc::StatusCode::ABORTED:
    case grpc::StatusCode::DATA_LOSS:
      return Kind::unknown;
    default:
      return Kind::refused;
  }
}

std::string words(const grpc::Status& status) {
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED &&
      !said_by_etcd(status.error_message())) {
    return "no answer in time";
  }
  if (status.error_code() == grpc::StatusCode::CANCELLED) return "its answer was not waited for";
  return status.error_message().empty() ? "status " + std::to_string(status.error_code())
                                        : status.error_message();
}

}  // namespace

Failure failure_of(const grpc::Status& status, const std::string& endpoint) {
  Failure failure;
  failure.kind = kind_of(status.error_code(), status.error_message());
  failure.answered = said_by_etcd(status.error_message());
  failure.late = status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
  failure.text = "etcd at " + endpoint + ": " + words(status);
  return failure;
}

}  // namespace limen_etcd
