// Fetching what a remote API server says of one of its group versions: its resources, and its
// OpenAPI.
//
// Resources come from aggregated discovery (v2, else v2beta1), else from /apis/GROUP/VERSION.
// A document beyond its limit counts as one that could not be had. Thread rule: the loop's thread.
#pragma once

#include <cstddef>
#include <string>

#include "aggregation/remote_servers.h"
#include "aggregation/routes.h"
#include "base/executor.h"
#include "base/task.h"

namespace limen::aggregation {

inline constexpr std::size_t kMaxDiscoveryBytes = 4 * 1024 * 1024;
inline constexpr std::size_t kMaxOpenApiIndexBytes = 1024 * 1024;
inline constexpr std::size_t kMaxSwaggerBytes = 16 * 1024 * 1024;
// Of the merged parts of all servers together; the parts beyond are left out.
inline constexpr std::size_t kMaxMergedSwaggerBytes = 32 * 1024 * 1024;

struct KnownDocuments {
  RemoteDocuments documents;
  bool fresh = false;       // `documents.resources` is what the server says now
  std::string swagger_tag;  // ETag of the whole document the part was made from
};

// What is known now, by what was known before: what could not be had stays, and is not fresh.
base::Task<KnownDocuments> read_documents(const RemoteServers& servers, base::Executor& loop,
                                          ApiService service, KnownDocuments before);

}  // namespace limen::aggregation
