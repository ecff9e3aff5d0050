// The answers to a resourceVersion the server cannot serve (row M5).
#pragma once

#include "base/api_error.h"
#include "storage/store.h"

namespace limen::api {

// 504 with the cause clients recognise: `revision` has not happened yet.
base::ApiError too_large_revision(storage::Revision revision, storage::Revision current);
// 410 for a watch: `revision` is older than the history that is kept.
base::ApiError too_old_revision(storage::Revision revision, storage::Revision oldest);

}  // namespace limen::api
