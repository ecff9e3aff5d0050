// Making StoredObjects: from canonical text and the revision it was committed at.
//
// The work is split in two so that the writer does little: a Draft is prepared on the thread that
// asks for the write, and finished by two appends once the revision is known.
// Thread rule: free functions, any thread; a draft belongs to one thread at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "storage/store.h"

namespace limen::storage {

using Draft = std::shared_ptr<StoredObject>;

// Null when `canonical` is not what object::canonical() gives.
Draft prepare(const std::string& ns, const std::string& name, std::string_view canonical);
// Gives the draft its revisions and its final text.
ObjectPtr finish(Draft draft, Revision revision, Revision created);
// The same object told at another revision; as the last state of a removed one.
ObjectPtr at_revision(const StoredObject& object, Revision revision);
// The canonical text of a stored object: `json` without metadata.resourceVersion.
std::string canonical_text(const StoredObject& object);

// What an object costs in memory, roughly.
std::size_t memory_of(const StoredObject& object);

}  // namespace limen::storage
